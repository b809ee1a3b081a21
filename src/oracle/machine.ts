// SPDX-License-Identifier: GPL-2.0-only
/**
 * One QEMU process: the board, its kernel, and the two connections to it.
 *
 * @module
 */

import { type Board, boardArguments } from "./board.ts";
import { Listener } from "./connection.ts";
import { Gdb } from "./gdb.ts";
import { cannotStart, EMULATOR } from "./programs.ts";
import { Qmp } from "./qmp.ts";

/** Signals that end us, and with us QEMU. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Words of every guest's command line. `dyndbg` makes the loader print the final addresses of the sections, `initcall_debug` puts
 * a line before and after a module's init function; neither reaches the log that is reported.
 */
const CMDLINE = 'quiet panic=-1 printk.devkmsg=on log_buf_len=8M initcall_debug dyndbg="file kernel/module/* +p"';

export interface MachineOptions {
  board: Board;
  image: string;
  /** File of the device tree, for a board that QEMU makes none for. */
  dtb?: string;
  initrd: string;
  /** Words added to the kernel's command line. */
  cmdline: string;
  /** The host directory that the guest's agent sees. */
  directory: string;
  /** A state to start from, instead of booting. */
  incoming?: string;
}

export interface Machine {
  qmp: Qmp;
  gdb: Gdb;
  /** Fulfilled when QEMU has ended, with its exit code and what it said. */
  ended: Promise<{ code: number; said: string }>;
  /** Ends QEMU, and waits until it has ended. */
  stop(): Promise<void>;
}

/** The words of the command line that a guest boots with. */
export function kernelCmdline({ console }: Board, added: string): string {
  return `console=${console} ${CMDLINE}${added ? ` ${added}` : ""}`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The migration address of a file. */
export function stateAddress(action: "save" | "load", path: string): string {
  return action === "save" ? `exec:gzip -1 > ${shellQuoted(path)}` : `exec:gzip -dc ${shellQuoted(path)}`;
}

function emulatorArguments(options: MachineOptions, qmp: Listener, gdb: Listener): string[] {
  const args = [...boardArguments(options.board), "-nodefaults", "-display", "none", "-no-reboot"];
  args.push("-serial", "file:console");
  args.push("-semihosting-config", "enable=on,userspace=on,target=native");
  args.push("-chardev", `${qmp.chardev},id=qmp`, "-mon", "chardev=qmp,mode=control");
  args.push("-chardev", `${gdb.chardev},id=gdb`, "-gdb", "chardev:gdb");
  args.push(
    "-kernel",
    options.image,
    "-initrd",
    options.initrd,
    "-append",
    kernelCmdline(options.board, options.cmdline),
    "-S",
  );
  if (options.dtb) args.push("-dtb", options.dtb);
  if (options.incoming) args.push("-incoming", stateAddress("load", options.incoming));
  return args;
}

function startEmulator(args: string[], cwd: string): Deno.ChildProcess {
  try {
    return new Deno.Command(EMULATOR, { args, cwd, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  } catch (error) {
    cannotStart(EMULATOR, error);
  }
}

/** Starts QEMU. The guest is stopped: at its first instruction, or as the incoming state has it. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const listeners = [new Listener(), new Listener()];
  const [forQmp, forGdb] = listeners;
  const process = startEmulator(emulatorArguments(options, forQmp, forGdb), options.directory);
  const ended = process.output().then(({ code, stderr }) => ({ code, said: new TextDecoder().decode(stderr).trim() }));
  const early = ended.then(({ said }) => {
    for (const listener of listeners) listener.close();
    throw new Error(`Cannot start ${EMULATOR}: ${said}`);
  });
  early.catch(() => {});
  const connections = Promise.all([forQmp.accept(), forGdb.accept()]);
  connections.catch(() => {});
  const [qmpConnection, gdbConnection] = await Promise.race([connections, early]);
  const qmp = await Qmp.open(qmpConnection);
  const gdb = new Gdb(gdbConnection);
  const kill = () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  const signalled = () => {
    kill();
    Deno.exit(1);
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, signalled);
  const stop = async () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, signalled);
    kill();
    await ended;
    qmp.close();
    gdb.close();
  };
  if (options.incoming) await qmp.waitForStatus("query-status", ["paused", "prelaunch", "postmigrate"], ["internal-error"]);
  return { qmp, gdb, ended, stop };
}

// SPDX-License-Identifier: GPL-2.0-only
/**
 * One QEMU process: the board, its kernel, and the two connections to it.
 *
 * @module
 */

import { firstLine } from "../../suite/input_error.ts";
import { type Board, boardArguments } from "./board.ts";
import { Listener } from "./connection.ts";
import { Gdb } from "./gdb.ts";
import { onInterrupt } from "../interrupt.ts";
import { commandOf, EMULATOR, type Program } from "../programs.ts";
import { Qmp } from "./qmp.ts";

/**
 * Words of every guest's command line. `dyndbg` makes the loader print the final addresses of the sections, `initcall_debug` puts
 * a line before and after a module's init function; neither reaches the log that is reported. A guest that its host keeps waiting
 * must not take that for a lockup of its own.
 */
const CMDLINE = "quiet panic=-1 printk.devkmsg=on log_buf_len=8M nosoftlockup rcupdate.rcu_cpu_stall_suppress=1 " +
  'initcall_debug dyndbg="file kernel/module/* +p"';

export interface MachineOptions {
  emulator: Program;
  board: Board;
  image: string;
  /** File of the device tree, for a board that QEMU makes none for. */
  dtb?: string;
  initrd: string;
  /** Words added to the kernel's command line. */
  cmdline: string;
  /** The host directory that the guest's agent sees. */
  directory: string;
  /** File of the machine's memory. */
  memory: string;
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

/** Lets a state leave out the memory that is a file: it is not copied but mapped. */
const IGNORE_SHARED = { capabilities: [{ capability: "x-ignore-shared", state: true }] };

/** Writes the state of a stopped machine, all but its memory, to a file. */
export async function saveState({ qmp }: Machine, path: string): Promise<void> {
  await qmp.execute("migrate-set-capabilities", IGNORE_SHARED);
  await qmp.execute("migrate", { uri: `exec:cat > ${shellQuoted(path)}` });
  await qmp.waitForStatus("query-migrate", ["completed"], ["failed", "cancelled"]);
}

async function loadState(qmp: Qmp, path: string): Promise<void> {
  await qmp.execute("migrate-set-capabilities", IGNORE_SHARED);
  await qmp.execute("migrate-incoming", { uri: `exec:cat ${shellQuoted(path)}` });
  await qmp.waitForStatus("query-status", ["paused", "prelaunch", "postmigrate"], ["internal-error"]);
}

function emulatorArguments(options: MachineOptions, qmp: Listener, gdb: Listener): string[] {
  const args = [...boardArguments(options.board), "-nodefaults", "-display", "none", "-no-reboot"];
  // A machine that boots leaves its memory in the file; one that starts from a state gets a copy, page by page as it writes.
  const share = options.incoming ? "off" : "on";
  args.push(
    "-object",
    `memory-backend-file,id=memory,size=${options.board.memory}M,mem-path=${
      options.memory.replaceAll(",", ",,")
    },share=${share}`,
  );
  args.push("-machine", "memory-backend=memory");
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
  if (options.incoming) args.push("-incoming", "defer");
  return args;
}

/** Waits for QEMU's two connections, and loads its state. */
async function connect(
  qmpListener: Listener,
  gdbListener: Listener,
  incoming: string | undefined,
): Promise<{ qmp: Qmp; gdb: Gdb }> {
  const [forQmp, forGdb] = await Promise.all([qmpListener.accept(), gdbListener.accept()]);
  const qmp = await Qmp.open(forQmp);
  if (incoming) await loadState(qmp, incoming);
  return { qmp, gdb: new Gdb(forGdb) };
}

/** Starts QEMU. The guest is stopped: at its first instruction, or as the incoming state has it. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const [forQmp, forGdb] = [new Listener(), new Listener()];
  const process = commandOf(options.emulator, emulatorArguments(options, forQmp, forGdb), {
    cwd: options.directory,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const kill = () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  const ours = onInterrupt(kill);
  const ended = process.output().then(({ code, stderr }) => ({ code, said: new TextDecoder().decode(stderr).trim() }));
  const early = ended.then(() => {
    throw new Error("it ended");
  });
  early.catch(() => {});
  const connected = connect(forQmp, forGdb, options.incoming);
  connected.catch(() => {});
  try {
    const { qmp, gdb } = await Promise.race([connected, early]);
    const stop = async () => {
      ours();
      kill();
      await ended;
      qmp.close();
      gdb.close();
    };
    return { qmp, gdb, ended, stop };
  } catch (error) {
    ours();
    kill();
    forQmp.close();
    forGdb.close();
    throw new Error(`Cannot start ${EMULATOR}: ${(await ended).said || firstLine(error)}`);
  }
}

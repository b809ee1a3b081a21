// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel`: the command line.
 *
 * @module
 */

import { UnknownFact } from "../kernel/fault.ts";
import { ProfileError } from "../kernel/profile.ts";
import { InputError, oneLine, refusedFile } from "../suite/input_error.ts";
import { type CommandIo, processIo } from "./io.ts";
import { HelpWanted, UsageError } from "./options.ts";

/** A command: what it is called with, and where it is. */
interface Command {
  readonly usage: string;
  run(args: string[], io: CommandIo): Promise<number>;
}

/** The commands. Each is loaded when it is called, so that none pays for another. */
const COMMANDS: Readonly<Record<string, Command>> = {
  insmod: {
    usage:
      "insmodel insmod [--kernel ID|DIR] [--layout] [--init N] [--service NAME=N] [--trace[=insn]] FILE.ko [name=value ...]",
    run: async (args, io) => (await import("./insmod.ts")).insmodCommand(args, io),
  },
  run: {
    usage: "insmodel run [--kernel ID|DIR] [--json] [--layout] [--image] [--images DIR] SCENARIO",
    run: async (args, io) => (await import("./run.ts")).runCommand(args, io),
  },
  inspect: {
    usage: "insmodel inspect [--kernel ID|DIR] [--json] [--modinfo] [--sections] [--symbols] [--relocations] ... FILE.ko",
    run: async (args, io) => (await import("./inspect.ts")).inspectCommand(args, io),
  },
  modpost: {
    usage: "insmodel modpost --symvers Module.symvers [-o DIR] [--in-tree] FILE.o ...",
    run: async (args, io) => (await import("./modpost.ts")).modpostCommand(args, io),
  },
  link: {
    usage: "insmodel link -o NAME.ko NAME.o NAME.mod.o [.module-common.o]",
    run: async (args, io) => (await import("./link.ts")).linkCommand(args, io),
  },
  exports: {
    usage: "insmodel exports [--kernel ID|DIR] [--symvers Module.symvers] [--json] [--as-symvers] FILE.ko|vmlinux|zImage",
    run: async (args, io) => (await import("./exports.ts")).exportsCommand(args, io),
  },
  profile: {
    usage: "insmodel profile make -o DIR HEADERS|BUILD-TREE|zImage|vmlinux|FILE.ko ... | check ID|DIR FILE.ko ...",
    run: async (args, io) => (await import("./profile.ts")).profileCommand(args, io),
  },
  symvers: {
    usage: "insmodel symvers diff [--modules DIR] [--added] [--json] OLD NEW",
    run: async (args, io) => (await import("./symvers.ts")).symversCommand(args, io),
  },
  genksyms: {
    usage: "insmodel genksyms [-w] [-D] [-d] [-p] [-r REFERENCE] [-T TYPES] [FILE.i], or --explain OLD NEW (.i or .symtypes)",
    run: async (args, io) => (await import("./genksyms.ts")).genksymsCommand(args, io),
  },
  suite: {
    usage: "insmodel suite [--kernel ID] [--target model|qemu|COMMAND] [--jobs N] [CASE ...]",
    run: async (args, io) => (await import("./suite.ts")).suiteCommand(args, io),
  },
  bless: {
    usage: "insmodel bless [--kernel ID] [CASE ...]",
    run: async (args, io) => (await import("./record.ts")).blessCommand(args, io),
  },
  corpus: {
    usage: "insmodel corpus [--kernel ID] [--modules DIR] [--sample N] [--shard i/n] [--jobs N] [--recording FILE]",
    run: async (args, io) => (await import("./corpus.ts")).corpusCommand(args, io),
  },
  "record-corpus": {
    usage: "insmodel record-corpus [--kernel ID] [--modules DIR] [--cache DIR] [--jobs N] [--recording FILE]",
    run: async (args, io) => (await import("./record_corpus.ts")).recordCorpusCommand(args, io),
  },
  record: {
    usage: "insmodel record [--kernel ID] [--cache DIR] [--jobs N] [--missing] [CASE ...]",
    run: async (args, io) => (await import("./record.ts")).recordCommand(args, io),
  },
  verify: {
    usage: "insmodel verify [--kernel ID] [--cache DIR] [--jobs N] [--sample N] [--seed S]",
    run: async (args, io) => (await import("./verify.ts")).verifyCommand(args, io),
  },
  mutants: {
    usage: "insmodel mutants --seed S (--count N [--from K] | --only K) [--no-shrink] [--jobs N] [--kernel ID] [--cache DIR]",
    run: async (args, io) => (await import("./mutants.ts")).mutantsCommand(args, io),
  },
};

const USAGE = Object.values(COMMANDS).map(({ usage }) => `  ${usage}\n`).join("");

/** The release of this program, as deno.json has it. */
async function version(): Promise<string> {
  return (await import("../../deno.json", { with: { type: "json" } })).default.version;
}

/** The one line that an error deserves; undefined for a bug of ours. */
function lineOf(error: unknown, usage: string): string | undefined {
  if (error instanceof UsageError) return `${error.message}; usage: ${usage}`;
  if (error instanceof InputError || error instanceof ProfileError) return error.message;
  if (error instanceof UnknownFact) return error.what;
  const refused = refusedFile(error);
  if (refused !== undefined) return refused;
  // Deno's own line about a missing permission names the flag that gives it.
  return error instanceof Error && /^Requires .* --allow-/.test(error.message) ? error.message : undefined;
}

/**
 * Runs one command.
 *
 * @returns the exit code: 0, 1 for a module that does not load, 2 for bad usage or input that cannot be used
 */
export async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    io.out(`Usage:\n${USAGE}`);
    return 0;
  }
  if (name === "--version") {
    io.out(`insmodel ${await version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const what = name === undefined ? "no command is named" : `unknown command "${oneLine(name)}"`;
    io.err(`insmodel: ${what}; commands are ${Object.keys(COMMANDS).join(", ")}; insmodel --help shows how they are used\n`);
    return 2;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    if (error instanceof HelpWanted) {
      io.out(`Usage: ${command.usage}\n`);
      return 0;
    }
    const line = lineOf(error, command.usage);
    if (line === undefined) throw error;
    io.err(`insmodel ${name}: ${oneLine(line)}\n`);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args, processIo()));

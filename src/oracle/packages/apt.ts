// SPDX-License-Identifier: GPL-2.0-only
/**
 * The system's package client with a state of its own in a directory: the system's configuration and lists stay as they are, and
 * packages can be downloaded by any user, also those of another architecture and release. What an interrupted download has left in
 * the directory is gone on with; sizes and hashes are verified by the client itself.
 *
 * @module
 */

/** A failure of the package client or of what it downloads from: one line, with what may help. */
export class FetchError extends Error {
  override name = "FetchError";

  constructor(what: string, remedy = "--sources FILE names other sources to fetch from") {
    super(`${what}; ${remedy}`);
  }
}

/** What may help where a package cannot be unpacked. */
export const CHECK_ROOM = "see that there is room in the cache";
/** What may help where the system's own sources have failed. */
export const CHECK_SOURCES = "the system's own sources and its network decide here";

/** Hears how far a download is: from 0 to 1. */
export type HearShare = (share: number) => void;

const SYSTEM_STATUS = "/var/lib/dpkg/status";

/** What apt-get said was wrong, in one line. */
function complaint(said: string): string | undefined {
  const lines = said.split("\n");
  return (lines.find((line) => line.startsWith("E: ")) ?? lines.find((line) => line.startsWith("W: ")))?.slice(3);
}

/**
 * How far apt-get is, from a line of what `APT::Status-Fd` writes; undefined for other lines.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { shareOf } from "./apt.ts";
 * assertEquals(shareOf("dlstatus:11:34.5:Retrieving file 11 of 22"), 0.345);
 * assertEquals(shareOf("Reading package lists..."), undefined);
 * ```
 */
export function shareOf(line: string): number | undefined {
  const found = /^dlstatus:\d+:([\d.]+):/.exec(line);
  return found ? Number(found[1]) / 100 : undefined;
}

/** The `.deb` files of a folder, sorted. */
async function packageFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".deb")) files.push(`${folder}/${name}`);
  return files.sort();
}

/** A private state of apt. Nothing in its directory is needed once the packages are there. */
export class PrivateApt {
  readonly #settings: readonly string[];

  private constructor(readonly directory: string, settings: readonly string[]) {
    this.#settings = [
      `Dir::State=${directory}/state`,
      `Dir::State::Lists=${directory}/lists`,
      `Dir::Cache=${directory}/cache`,
      "APT::Sandbox::User=root",
      "APT::Status-Fd=1",
      "Acquire::Languages=none",
      "Acquire::Retries=3",
      "Acquire::http::Timeout=20",
      ...settings,
    ];
  }

  static async #makeFolders(directory: string): Promise<void> {
    for (const folder of ["parts", "state", "lists/partial", "cache/archives/partial", "download"]) {
      await Deno.mkdir(`${directory}/${folder}`, { recursive: true });
    }
  }

  /**
   * For packages of an architecture, whatever is installed.
   *
   * @param source the stanza to fetch from
   */
  static async ofSource(directory: string, architecture: string, source: string): Promise<PrivateApt> {
    await this.#makeFolders(directory);
    await Deno.writeTextFile(`${directory}/parts/fetch.sources`, source);
    return new PrivateApt(directory, [
      "Dir::Etc::SourceList=/dev/null",
      `Dir::Etc::SourceParts=${directory}/parts`,
      "Dir::State::status=/dev/null",
      `APT::Architecture=${architecture}`,
      `APT::Architectures=${architecture}`,
    ]);
  }

  /** For the system's own packages from its own sources; what is installed counts as there. */
  static async ofSystem(directory: string): Promise<PrivateApt> {
    await this.#makeFolders(directory);
    await Deno.copyFile(SYSTEM_STATUS, `${directory}/state/status`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new FetchError(`Cannot tell what is installed: there is no ${SYSTEM_STATUS}`, CHECK_SOURCES);
    });
    return new PrivateApt(directory, [`Dir::State::status=${directory}/state/status`]);
  }

  /** Names of packages that match a regular expression of apt-cache's. */
  async search(pattern: string): Promise<string[]> {
    const args = [...this.#settings.flatMap((setting) => ["-o", setting]), "search", "--names-only", pattern];
    const { success, stdout, stderr } = await new Deno.Command("apt-cache", { args, env: { LC_ALL: "C" }, stdin: "null" })
      .output();
    if (!success) {
      const why = complaint(new TextDecoder().decode(stderr)) ?? "apt-cache failed";
      throw new FetchError(`Cannot search for packages: ${why}`, CHECK_SOURCES);
    }
    return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "").map((line) => line.split(" ")[0]);
  }

  /** Runs apt-get. Returns what it complained of, and whether it failed. */
  async #run(
    args: readonly string[],
    cwd: string,
    hear?: HearShare,
  ): Promise<{ success: boolean; complaint: string | undefined }> {
    const process = new Deno.Command("apt-get", {
      args: ["-q", ...this.#settings.flatMap((setting) => ["-o", setting]), ...args],
      cwd,
      env: { LC_ALL: "C" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [said] = await Promise.all([
      new Response(process.stderr).text(),
      process.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
        new WritableStream({
          write(text) {
            for (const line of text.split("\n")) {
              const share = shareOf(line);
              if (share !== undefined) hear?.(share);
            }
          },
        }),
      ),
    ]);
    return { success: (await process.status).success, complaint: complaint(said) };
  }

  /**
   * Brings the lists of packages.
   *
   * @returns what apt-get complained of; a mirror that is being synchronised can refuse one list while the others are good
   */
  async update(hear?: HearShare): Promise<string | undefined> {
    return (await this.#run(["update"], this.directory, hear)).complaint;
  }

  /**
   * Downloads a package.
   *
   * @param version which one; undefined for the newest
   * @returns the path of its file
   */
  async download(name: string, version: string | undefined, hear?: HearShare): Promise<string> {
    const folder = `${this.directory}/download`;
    const wanted = version === undefined ? name : `${name}=${version}`;
    const { success, complaint } = await this.#run(["download", wanted], folder, hear);
    const start = `${folder}/${name}_${version === undefined ? "" : `${version.replaceAll(":", "%3a")}_`}`;
    const file = (await packageFiles(folder)).find((path) => path.startsWith(start));
    if (success && file !== undefined) return file;
    throw new FetchError(`Cannot download ${wanted.replace("=", " ")}: ${complaint ?? "apt-get brought nothing"}`);
  }

  /**
   * Downloads packages and what they need that is not installed.
   *
   * @returns the paths of the files
   */
  async downloadWithDependencies(names: readonly string[], hear?: HearShare): Promise<string[]> {
    // Files of an interrupted download that have been replaced at their source since.
    await this.#run(["autoclean"], this.directory);
    const args = ["install", "--download-only", "--yes", "--no-install-recommends", ...names];
    const { success, complaint } = await this.#run(args, this.directory, hear);
    if (!success) throw new FetchError(`Cannot download ${names.join(", ")}: ${complaint ?? "apt-get failed"}`, CHECK_SOURCES);
    return await packageFiles(`${this.directory}/cache/archives`);
  }
}

// SPDX-License-Identifier: GPL-2.0-only
/**
 * The system's package client with a state of its own in a directory: the system's configuration and lists stay as they are, and
 * packages of another architecture and release can be downloaded, by any user.
 *
 * @module
 */

/** A failure of the package client or of what it downloads from: one line. */
export class FetchError extends Error {
  override name = "FetchError";
}

/** What apt-get said was wrong, in one line. */
function complaint(said: string): string | undefined {
  const lines = said.split("\n");
  return (lines.find((line) => line.startsWith("E: ")) ?? lines.find((line) => line.startsWith("W: ")))?.slice(3);
}

/** A private state of apt. Nothing in its directory is needed once the packages are there. */
export class PrivateApt {
  private constructor(readonly directory: string, readonly architecture: string) {}

  /** @param source the stanza to fetch from */
  static async open(directory: string, architecture: string, source: string): Promise<PrivateApt> {
    for (const folder of ["parts", "lists/partial", "cache/archives/partial"]) {
      await Deno.mkdir(`${directory}/${folder}`, { recursive: true });
    }
    await Deno.writeTextFile(`${directory}/parts/fetch.sources`, source);
    return new PrivateApt(directory, architecture);
  }

  /** Runs apt-get. Returns what it complained of, and whether it failed. */
  async #run(args: readonly string[], cwd: string): Promise<{ success: boolean; complaint: string | undefined }> {
    const settings = [
      "Dir::Etc::SourceList=/dev/null",
      `Dir::Etc::SourceParts=${this.directory}/parts`,
      `Dir::State::Lists=${this.directory}/lists`,
      `Dir::Cache=${this.directory}/cache`,
      "Dir::State::status=/dev/null",
      `APT::Architecture=${this.architecture}`,
      `APT::Architectures=${this.architecture}`,
      "APT::Sandbox::User=root",
      "Acquire::Languages=none",
      "Acquire::Retries=3",
    ];
    const { success, stderr } = await new Deno.Command("apt-get", {
      args: ["-q", ...settings.flatMap((setting) => ["-o", setting]), ...args],
      cwd,
      env: { LC_ALL: "C" },
      stdin: "null",
      stdout: "null",
    }).output();
    return { success, complaint: complaint(new TextDecoder().decode(stderr)) };
  }

  /**
   * Brings the lists of packages.
   *
   * @returns what apt-get complained of; a mirror that is being synchronised can refuse one list while the others are good
   */
  async update(): Promise<string | undefined> {
    return (await this.#run(["update"], this.directory)).complaint;
  }

  /**
   * Downloads one version of a package.
   *
   * @returns the path of its file
   */
  async download(name: string, version: string): Promise<string> {
    const folder = `${this.directory}/download`;
    await Deno.mkdir(folder, { recursive: true });
    // What an interrupted run has left is not to be taken for the package.
    for await (const entry of Deno.readDir(folder)) await Deno.remove(`${folder}/${entry.name}`);
    const { success, complaint } = await this.#run(["download", `${name}=${version}`], folder);
    for await (const entry of Deno.readDir(folder)) {
      if (success && entry.name.endsWith(".deb")) return `${folder}/${entry.name}`;
    }
    throw new FetchError(`Cannot download ${name} ${version}: ${complaint ?? "apt-get brought nothing"}`);
  }
}

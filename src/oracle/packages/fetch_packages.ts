// SPDX-License-Identifier: GPL-2.0-only
/**
 * Brings the packages of a kernel, and unpacks what is needed of them.
 *
 * @module
 */

import { CHECK_ROOM, FetchError } from "./apt.ts";
import { fetchPackage, megabytes, openApt, type Say } from "./debian_package.ts";
import { withBar } from "./download_bar.ts";
import { exists } from "../../suite/files.ts";
import { onInterrupt } from "../interrupt.ts";
import type { KernelPackage } from "./kernel_package.ts";
import { imagePath } from "../kernel_under_test.ts";
import { needPrograms } from "../programs.ts";
import { whatIsWrong } from "../verify.ts";

/** Runs tar over the files of a package. */
async function tar(packageFile: string, args: readonly string[], to?: WritableStream<Uint8Array>): Promise<boolean> {
  const archive = new Deno.Command("dpkg-deb", { args: ["--fsys-tarfile", packageFile], stdout: "piped" }).spawn();
  const unpacking = new Deno.Command("tar", { args: [...args], stdin: "piped", stdout: to ? "piped" : "null" }).spawn();
  const [, , from, into] = await Promise.all([
    archive.stdout.pipeTo(unpacking.stdin),
    to ? unpacking.stdout.pipeTo(to) : undefined,
    archive.status,
    unpacking.status,
  ]);
  return from.success && into.success;
}

/** The kernel image. */
export async function fetchImage(
  wanted: KernelPackage,
  cache: string,
  sources: string | undefined,
  say: Say,
): Promise<void> {
  const image = imagePath(cache, wanted.release);
  if (await whatIsWrong(image, wanted.image) === undefined) {
    say(`${image}: there, verified`);
    return;
  }
  await needPrograms(["dpkg-deb", "tar"]);
  const packageFile = await fetchPackage(wanted, cache, sources, say);
  await Deno.mkdir(image.slice(0, image.lastIndexOf("/")), { recursive: true });
  const part = `${image}.part`;
  const file = await Deno.open(part, { write: true, create: true, truncate: true });
  const whole = await tar(packageFile, ["-xO", `./${wanted.image.path}`], file.writable);
  const wrong = whole ? await whatIsWrong(part, wanted.image) : "is not whole";
  if (wrong !== undefined) {
    throw new FetchError(`Cannot unpack ${wanted.image.path} of ${packageFile}: it ${wrong}`, CHECK_ROOM);
  }
  await Deno.rename(part, image);
  say(`${image}: ${megabytes(wanted.image.size)}, verified`);
}

/** Makes a folder by `fill`, which gets another name for it until it is whole. */
async function makeFolder(path: string, fill: (made: string) => Promise<void>): Promise<void> {
  const made = `${path}.${crypto.randomUUID()}`;
  const keep = onInterrupt(() => Deno.removeSync(made, { recursive: true }));
  await Deno.mkdir(made, { recursive: true });
  try {
    await fill(made);
    await Deno.rename(made, path);
  } finally {
    keep();
    if (exists(made)) await Deno.remove(made, { recursive: true });
  }
}

/** The kernel's own modules. */
export async function fetchModules(
  wanted: KernelPackage,
  cache: string,
  sources: string | undefined,
  say: Say,
): Promise<void> {
  const folder = `${cache}/${wanted.release}/modules`;
  if (exists(folder)) {
    say(`${folder}: there`);
    return;
  }
  await needPrograms(["dpkg-deb", "tar"]);
  const packageFile = await fetchPackage(wanted, cache, sources, say);
  const inside = `./usr/lib/modules/${wanted.release}`;
  say(`${folder}: unpacking`);
  await makeFolder(folder, async (made) => {
    const whole = await tar(packageFile, ["-x", "-C", made, `--strip-components=${inside.split("/").length}`, inside]);
    if (!whole) throw new FetchError(`Cannot unpack ${inside} of ${packageFile}`, CHECK_ROOM);
  });
  say(`${folder}: done`);
}

/** What modules are built against: headers and configuration. The programs that run on the host are of the host's architecture, and not here. */
export async function fetchHeaders(
  wanted: KernelPackage,
  cache: string,
  sources: string | undefined,
  say: Say,
): Promise<void> {
  const folder = `${cache}/${wanted.release}/headers`;
  if (exists(folder)) {
    say(`${folder}: there`);
    return;
  }
  await needPrograms(["dpkg-deb"]);
  const apt = await openApt(wanted, cache, sources, say);
  await makeFolder(folder, async (made) => {
    for (const name of wanted.headers) {
      say(`${name}: fetching`);
      const fetched = await withBar(`% of ${name}`, 100, (hear) => apt.download(name, wanted.version, hear));
      const { success } = await new Deno.Command("dpkg-deb", { args: ["-x", fetched, made], stdin: "null" }).output();
      if (!success) throw new FetchError(`Cannot unpack ${fetched}`, CHECK_ROOM);
    }
  });
  await Deno.remove(apt.directory, { recursive: true });
  say(`${folder}: done`);
}

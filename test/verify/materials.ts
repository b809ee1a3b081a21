// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the model of kbuild is compared by, beside the real programs: headers, image, modules and source of the kernel. Each is named by an
 * option, or is in the cache, or is brought there by the package client.
 *
 * @module
 */

import { DEFAULT_KERNEL } from "../../src/profile/load_profile.ts";
import { FetchError } from "../../src/oracle/packages/apt.ts";
import { fetchHeaders, fetchImage, fetchModules } from "../../src/oracle/packages/fetch_packages.ts";
import { fetchSource } from "../../src/oracle/packages/kernel_source.ts";
import { type KernelPackage, parsePackage } from "../../src/oracle/packages/kernel_package.ts";
import { parseBuild } from "../../src/oracle/kernel_build.ts";
import { readFacts } from "../../src/oracle/kernel_facts.ts";
import { imagePath } from "../../src/oracle/kernel_under_test.ts";
import { exists } from "../../src/suite/files.ts";
import { firstLine, InputError } from "../../src/suite/input_error.ts";

/** A path, or the reason why there is none. */
export type Found = { readonly path: string } | { readonly why: string };

/** A kernel that is built here: its table `build` names the source. */
const BUILT_KERNEL = "thumb2";

const say = (line: string) => console.log(line);

/** What `bring` leaves at a path; the reason where it cannot. */
async function brought(path: string, bring: () => Promise<void>): Promise<Found> {
  try {
    if (!exists(path)) await bring();
    return { path };
  } catch (error) {
    if (!(error instanceof FetchError) && !(error instanceof InputError)) throw error;
    return { why: firstLine(error) };
  }
}

/** The files of a kernel's packages in a cache. */
export class Materials {
  readonly #cache: string;
  readonly #package: KernelPackage;

  private constructor(cache: string, wanted: KernelPackage) {
    this.#cache = cache;
    this.#package = wanted;
  }

  static async of(cache: string): Promise<Materials> {
    return new Materials(cache, parsePackage(await readFacts(DEFAULT_KERNEL)));
  }

  /** The headers package, with that of the common headers beside it. */
  async headers(): Promise<Found> {
    const { release } = this.#package;
    const path = `${this.#cache}/${release}/headers/usr/src/linux-headers-${release}`;
    return await brought(path, () => fetchHeaders(this.#package, this.#cache, undefined, say));
  }

  /** The zImage. */
  async image(): Promise<Found> {
    const path = imagePath(this.#cache, this.#package.release);
    return await brought(path, () => fetchImage(this.#package, this.#cache, undefined, say));
  }

  /** The folder of the kernel's own modules. */
  async modules(): Promise<Found> {
    const path = `${this.#cache}/${this.#package.release}/modules`;
    return await brought(path, () => fetchModules(this.#package, this.#cache, undefined, say));
  }

  /** The kernel's source. */
  async source(): Promise<Found> {
    try {
      const { source } = parseBuild(await readFacts(BUILT_KERNEL));
      return { path: await fetchSource(source, this.#cache, undefined, say) };
    } catch (error) {
      if (!(error instanceof FetchError) && !(error instanceof InputError)) throw error;
      return { why: firstLine(error) };
    }
  }
}

// SPDX-License-Identifier: GPL-2.0-only
/**
 * What becomes of a module's symbols, told once more: plain loops over plain lists, each rule as a reader of simplify_symbols(),
 * resolve_symbol(), find_symbol(), check_version() and verify_exported_symbols() would put it. Nothing of src/ is used.
 *
 * @module
 */

export interface Export {
  readonly name: string;
  readonly gpl: boolean;
  readonly namespace: string;
  readonly crc: number;
}

export interface Symbol {
  readonly name: string;
  readonly kind: "undefined" | "defined" | "absolute" | "common" | "livepatch" | "beyond";
  readonly weak: boolean;
  readonly value: number;
}

/** A module, as far as its symbols go. */
export interface Subject {
  readonly name: string;
  readonly license: string;
  readonly namespaces: readonly string[];
  /** __versions in its order, or undefined without that section. */
  readonly versions: readonly { readonly name: string; readonly crc: number }[] | undefined;
  readonly symbols: readonly Symbol[];
  readonly exports: readonly Export[];
  /** Whether the exports have their CRCs with them. */
  readonly crcs: boolean;
}

/** A module that is loaded. */
export interface Loaded {
  readonly subject: Subject;
  proprietary: boolean;
  /** Names of the modules that use it, the last first, and of those that it uses. */
  users: string[];
  uses: string[];
}

/** What a load comes to. For a module that loads: whose symbol each undefined symbol became (undefined: nobody's). */
export interface Verdict {
  readonly rc: number;
  readonly log: readonly string[];
  readonly owners: readonly (string | undefined)[];
}

const [ENOENT, ENOEXEC, EINVAL] = [2, 8, 22];
const FREE = ["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"];

export class Oracle {
  /** Newest first. */
  readonly modules: Loaded[] = [];
  #log: string[] = [];
  #said = new Set<string>();

  /**
   * @param kernelExports what the kernel itself exports, as far as modules ask for it
   * @param layoutCrc the CRC of module_layout
   */
  constructor(readonly kernelExports: readonly Export[], readonly layoutCrc: number) {}

  /** @param sectionCount sections in the module's file, for the line that names it */
  load(subject: Subject, sectionCount: number): Verdict {
    this.#log = [];
    const me: Loaded = { subject, proprietary: false, users: [], uses: [] };
    const owners: (string | undefined)[] = [];
    let rc = this.#beforeSymbols(me);
    if (rc === 0) {
      for (const symbol of subject.symbols) {
        const err = this.#symbol(me, symbol, sectionCount, owners);
        if (err !== 0) rc = err;
      }
    }
    if (rc === 0) rc = this.#exports(subject);
    if (rc === 0) this.modules.unshift(me);
    else for (const each of this.modules) each.users = each.users.filter((user) => user !== subject.name);
    return { rc, log: this.#log, owners };
  }

  #say(line: string): void {
    this.#log.push(line);
  }

  #sayOnce(key: string, line: string): void {
    if (!this.#said.has(key)) this.#log.push(line);
    this.#said.add(key);
  }

  #force(me: Loaded, reason: string): void {
    this.#sayOnce("forced", `${me.subject.name}: ${reason}: kernel tainted.`);
    this.#distrustLocks();
  }

  #distrustLocks(): void {
    this.#sayOnce("locks", "Disabling lock debugging due to kernel taint");
  }

  #beforeSymbols(me: Loaded): number {
    const { name, license, versions, exports, crcs } = me.subject;
    if (versions === undefined) this.#force(me, "module_layout");
    else if (!this.#versionFits(me, "module_layout", this.layoutCrc)) return -ENOEXEC;
    this.#sayOnce("out of tree", `${name}: loading out-of-tree module taints kernel.`);
    const isFirst = !this.#said.has("proprietary");
    if (!FREE.includes(license)) {
      this.#sayOnce("proprietary", `${name}: module license '${license}' taints kernel.`);
      this.#distrustLocks();
      me.proprietary = true;
    }
    const failed = "module verification failed: signature and/or required key missing - tainting kernel";
    this.#sayOnce("signature", `${name}: ${failed}`);
    if (isFirst && me.proprietary) this.#say(`${name}: module license taints kernel.`);
    if (exports.length > 0 && !crcs) this.#force(me, "no versions for exported symbols");
    return 0;
  }

  #versionFits(me: Loaded, name: string, crc: number): boolean {
    for (const entry of me.subject.versions ?? []) {
      if (entry.name !== name) continue;
      if (entry.crc !== crc) this.#say(`${me.subject.name}: disagrees about version of symbol ${name}`);
      return entry.crc === crc;
    }
    this.#say(`${me.subject.name}: no symbol version for ${name}`);
    return false;
  }

  /** The first that exports the name and may be used: the kernel's free symbols, its GPL-only ones, then each module's. */
  #find(name: string, mayUseGpl: boolean): { what: Export; owner: Loaded | undefined } | undefined {
    for (const owner of [undefined, ...this.modules]) {
      for (const gpl of [false, true]) {
        for (const what of owner === undefined ? this.kernelExports : owner.subject.exports) {
          if (what.name === name && what.gpl === gpl && (mayUseGpl || !gpl)) return { what, owner };
        }
      }
    }
    return undefined;
  }

  #usesGpl = new WeakSet<Loaded>();

  /** @returns 0 or minus an errno, after the lines that go with it */
  #symbol(me: Loaded, symbol: Symbol, sectionCount: number, owners: (string | undefined)[]): number {
    const who = me.subject.name;
    const { name, kind, weak } = symbol;
    if (kind === "common") {
      if (name.slice(0, 9) === "__gnu_lto") return 0;
      this.#say(`${who}: please compile with -fno-common`);
      return -ENOEXEC;
    }
    if (kind === "beyond") {
      this.#say(`${who}: Symbol ${name} has an invalid section index ${symbol.value} (max ${sectionCount - 1})`);
      return -ENOEXEC;
    }
    if (kind !== "undefined") return 0;
    const answer = this.#resolve(me, name);
    owners.push(typeof answer === "object" ? answer.owner : undefined);
    if (typeof answer === "object" || (answer === undefined && weak)) return 0;
    const err = answer ?? -ENOENT;
    this.#say(`${who}: Unknown symbol ${name} (err ${err})`);
    return err;
  }

  #resolve(me: Loaded, name: string): { owner: string } | number | undefined {
    const who = me.subject.name;
    const found = this.#find(name, !me.proprietary);
    if (found === undefined) return undefined;
    const { what, owner } = found;
    if (what.gpl) this.#usesGpl.add(me);
    if (owner?.proprietary) {
      const from = `symbols ${name} from proprietary module ${owner.subject.name}`;
      if (this.#usesGpl.has(me)) {
        this.#say(`${who}: module using GPL-only symbols uses ${from}.`);
        return undefined;
      }
      if (!me.proprietary) this.#say(`${who}: module uses ${from}, inheriting taint.`);
      me.proprietary = true;
    }
    const hasCrc = owner === undefined || owner.subject.crcs;
    if (hasCrc && me.subject.versions === undefined) this.#force(me, name);
    else if (hasCrc && !this.#versionFits(me, name, what.crc)) return -EINVAL;
    if (what.namespace !== "" && !me.subject.namespaces.includes(what.namespace)) {
      this.#say(`${who}: module uses symbol (${name}) from namespace ${what.namespace}, but does not import it.`);
      return -EINVAL;
    }
    if (owner !== undefined && !owner.users.includes(who)) {
      owner.users = [who, ...owner.users];
      me.uses = [owner.subject.name, ...me.uses];
    }
    return { owner: owner?.subject.name ?? "kernel" };
  }

  #exports({ name: who, exports }: Subject): number {
    for (const gpl of [false, true]) {
      const names = exports.filter((each) => each.gpl === gpl).map(({ name }) => name).sort();
      for (const name of names) {
        const found = this.#find(name, true);
        if (found === undefined) continue;
        this.#say(`${who}: exports duplicate symbol ${name} (owned by ${found.owner?.subject.name ?? "kernel"})`);
        return -ENOEXEC;
      }
    }
    return 0;
  }
}

// SPDX-License-Identifier: GPL-2.0-only
/**
 * The reference CPU: QEMU's ARM, as the library Unicorn 2 offers it, through the foreign function interface.
 *
 * @module
 */

const SYMBOLS = {
  uc_version: { parameters: ["buffer", "buffer"], result: "u32" },
  uc_open: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  uc_close: { parameters: ["pointer"], result: "i32" },
  uc_ctl: { parameters: ["pointer", "u32", "i32"], result: "i32" },
  remove_cache: { name: "uc_ctl", parameters: ["pointer", "u32", "u64", "u64"], result: "i32" },
  uc_mem_map_ptr: { parameters: ["pointer", "u64", "usize", "u32", "buffer"], result: "i32" },
  uc_mem_write: { parameters: ["pointer", "u64", "buffer", "usize"], result: "i32" },
  uc_reg_write_batch: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "i32" },
  uc_reg_read_batch: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "i32" },
  uc_emu_start: { parameters: ["pointer", "u64", "u64", "u64", "usize"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const ARCH_ARM = 1;
const MODE_ARM = 0;
/** uc_ctl() to choose the CPU model, with one argument, for writing. */
const CTL_CPU_MODEL = 7 | (1 << 26) | (1 << 30);
const CORTEX_A7 = 14;
/** uc_ctl() to drop translated code, with a range of addresses. */
const CTL_REMOVE_CACHE = 9 | (2 << 26) | (1 << 30);
/** Numbers of CPSR, R0 to R12, SP, LR, PC; CPSR first, since its mode chooses the others. */
const REGISTERS = [3, ...Array.from({ length: 13 }, (_, i) => 66 + i), 12, 10, 11];
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

/** How the reference stopped: uc_err by name. */
export const ERRORS: Readonly<Record<number, string>> = {
  0: "ok",
  6: "read unmapped",
  7: "write unmapped",
  8: "fetch unmapped",
  10: "undefined",
  12: "write protected",
  13: "read protected",
  14: "fetch protected",
  21: "exception",
};

const NAMES = ["libunicorn.so.2", "libunicorn.so", "libunicorn.2.dylib"];

/** The library, or undefined where it is not installed. */
export function openUnicorn(): { readonly functions: Library; readonly version: string } | undefined {
  for (const name of NAMES) {
    try {
      const { symbols } = Deno.dlopen(name, SYMBOLS);
      const version = symbols.uc_version(null, null);
      return { functions: symbols, version: `${version >>> 24}.${(version >>> 16) & 255}.${(version >>> 8) & 255}` };
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }
}

function check(code: number, what: string): void {
  if (code !== 0) throw new Error(`Unicorn: ${what} failed with error ${code}`);
}

/** One Cortex-A7 with memory that this program sees, too. */
export class Unicorn {
  readonly #engine: Deno.PointerValue;
  readonly #values = new Uint32Array(17);
  readonly #ids = new Int32Array(REGISTERS);
  readonly #pointers: BigUint64Array<ArrayBuffer>;

  constructor(readonly functions: Library) {
    const handle = new BigUint64Array(1);
    check(functions.uc_open(ARCH_ARM, MODE_ARM, handle), "uc_open");
    this.#engine = Deno.UnsafePointer.create(handle[0]);
    check(functions.uc_ctl(this.#engine, CTL_CPU_MODEL, CORTEX_A7), "choosing Cortex-A7");
    const start = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#values)));
    this.#pointers = new BigUint64Array(REGISTERS.map((_, i) => start + BigInt(4 * i)));
  }

  /** @param bytes shared with the engine; a multiple of the page size */
  map(base: number, bytes: Uint8Array<ArrayBuffer>, protection: number): void {
    check(this.functions.uc_mem_map_ptr(this.#engine, BigInt(base), BigInt(bytes.length), protection, bytes), "uc_mem_map_ptr");
  }

  /** Writes code; what was translated there goes: a branch of an earlier program may have led to it. */
  write(address: number, bytes: Uint8Array<ArrayBuffer>): void {
    check(this.functions.uc_mem_write(this.#engine, BigInt(address), bytes, BigInt(bytes.length)), "uc_mem_write");
    const start = BigInt(address);
    check(
      this.functions.remove_cache(this.#engine, CTL_REMOVE_CACHE, start, start + BigInt(bytes.length)),
      "dropping the cache",
    );
  }

  /**
   * Runs instructions: so many, or up to an address, since it does not count those whose condition in an IT block fails.
   *
   * @param cpsr unsigned
   * @param registers R0 to R15; afterwards, what they have become
   * @returns the error's name, and the CPSR
   */
  run(cpsr: number, registers: Int32Array, count: number, until: number): { readonly error: string; readonly cpsr: number } {
    this.#values[0] = cpsr;
    this.#values.set(registers, 1);
    this.functions.uc_reg_write_batch(this.#engine, this.#ids, this.#pointers, 16);
    const start = BigInt(this.#values[16]) | (cpsr & 32 ? 1n : 0n);
    const code = this.functions.uc_emu_start(this.#engine, start, BigInt(until), 0n, BigInt(count));
    this.functions.uc_reg_read_batch(this.#engine, this.#ids, this.#pointers, 17);
    registers.set(this.#values.subarray(1));
    return { error: ERRORS[code] ?? `error ${code}`, cpsr: this.#values[0] };
  }

  close(): void {
    this.functions.uc_close(this.#engine);
  }
}

// SPDX-License-Identifier: GPL-2.0-only
/** Declarations, as a table: source, and the versions and types that the real genksyms makes of it. */

import { assertEquals } from "@std/assert";
import { encodeName } from "../../../src/elf/writer.ts";
import { genksyms, symverLines } from "../../../src/kbuild/genksyms/genksyms.ts";
import { symtypesText } from "../../../src/kbuild/genksyms/symtypes.ts";

interface Row {
  readonly name: string;
  readonly source: string;
  /** `#SYMVER` lines. */
  readonly symvers: readonly string[];
  /** Lines of the dump of types. */
  readonly types: readonly string[];
}

const TABLE: readonly Row[] = [
  {
    name: "storage classes and parameters' names are no part of a version",
    source: "extern int f(int a, const char *b); __GENKSYMS_EXPORT_SYMBOL(f);",
    symvers: ["#SYMVER f 0x6b7e450e"],
    types: ["f extern int f ( int , const char * ) "],
  },
  {
    name: "inline takes extern back",
    source: "extern inline int f(void); __GENKSYMS_EXPORT_SYMBOL(f);",
    symvers: ["#SYMVER f 0xe0df8f5b"],
    types: ["f int f ( void ) "],
  },
  {
    name: "a function's body and an initializer are dropped",
    source: "int f(void) { return 1; } int v[2] = { 1, 2 }; __GENKSYMS_EXPORT_SYMBOL(f); __GENKSYMS_EXPORT_SYMBOL(v);",
    symvers: ["#SYMVER f 0xe0df8f5b", "#SYMVER v 0xe5c18929"],
    types: ["f int f ( void ) ", "v int v [ 2 ] "],
  },
  {
    name: "restrict goes, const and attributes stay",
    source:
      "int f(char *restrict a, const char *__restrict__ b) __attribute__((pure)); int __attribute__((aligned(4))) v; __GENKSYMS_EXPORT_SYMBOL(f); __GENKSYMS_EXPORT_SYMBOL(v);",
    symvers: ["#SYMVER f 0xfe6969e6", "#SYMVER v 0xd439599e"],
    types: ["f int f ( char * , const char * ) ", "v int __attribute__ ( ( aligned ( 4 ) ) ) v "],
  },
  {
    name: "a struct is moved out and named where it is used",
    source: '# 1 "m.c"\n# 1 "a.h"\nstruct s { int a; struct t *b; } v; __GENKSYMS_EXPORT_SYMBOL(v);',
    symvers: ["#SYMVER v 0xdb94ac2a"],
    types: ["s#t struct t { UNKNOWN } ", "s#s struct s { int a ; s#t * b ; } ", "v s#s v "],
  },
  {
    name: "a struct of the compiled file itself is not looked into",
    source: '# 1 "m.c"\nstruct s { int a; }; struct s v; __GENKSYMS_EXPORT_SYMBOL(v);',
    symvers: ["#SYMVER v 0x80863900"],
    types: ["s#s struct s { UNKNOWN } ", "v s#s v "],
  },
  {
    name: "an incomplete struct is unknown",
    source: "struct s *v; __GENKSYMS_EXPORT_SYMBOL(v);",
    symvers: ["#SYMVER v 0xdd0c54d3"],
    types: ["s#s struct s { UNKNOWN } ", "v s#s * v "],
  },
  {
    name: "what is unknown when first exported stays so",
    source:
      '# 1 "m.c"\n# 1 "a.h"\nstruct s *v; __GENKSYMS_EXPORT_SYMBOL(v); struct s { int a; }; struct s *w; __GENKSYMS_EXPORT_SYMBOL(w);',
    symvers: ["#SYMVER v 0xdd0c54d3", "#SYMVER w 0xc4176592"],
    types: ["s#s struct s { UNKNOWN } ", "v s#s * v ", "w s#s * w "],
  },
  {
    name: "anonymous structs and unions stay in place",
    source: "typedef struct { union { int a; long b; }; } T; T v; __GENKSYMS_EXPORT_SYMBOL(v);",
    symvers: ["#SYMVER v 0x6e653b7e"],
    types: ["t#T typedef struct { union { int a ; long b ; } ; } T ", "v t#T v "],
  },
  {
    name: "enum constants are counted from the last value",
    source:
      '# 1 "m.c"\n# 1 "a.h"\nenum e { A, B = 5, C, D = B + 1, E }; enum e v; int w[A + C + E]; __GENKSYMS_EXPORT_SYMBOL(v); __GENKSYMS_EXPORT_SYMBOL(w);',
    symvers: ["#SYMVER v 0xa5e569d0", "#SYMVER w 0x2f257a94"],
    types: [
      "E#B 5 ",
      "e#e enum e { A , B = 5 , C , D = E#B + 1 , E } ",
      "v e#e v ",
      "E#A 0 ",
      "E#C ( 5 ) + 1 ",
      "E#E ( E#B + 1 ) + 1 ",
      "w int w [ E#A + E#C + E#E ] ",
    ],
  },
  {
    name: "an array's bound that is an enum constant is expanded",
    source: "enum { A = 3 }; int v[A]; __GENKSYMS_EXPORT_SYMBOL(v);",
    symvers: ["#SYMVER v 0x5d7dee4c"],
    types: ["E#A 3 ", "v int v [ E#A ] "],
  },
  {
    name: "a member with an enum constant's name counts as that",
    source: "enum { A }; struct { int A; } v; __GENKSYMS_EXPORT_SYMBOL(v);",
    symvers: ["#SYMVER v 0xcbc1ef07"],
    types: ["E#A 0 ", "v struct { int E#A ; } v "],
  },
  {
    name: "further declarators have the specifiers again",
    source:
      "const unsigned int a, *b, c[2]; __GENKSYMS_EXPORT_SYMBOL(a); __GENKSYMS_EXPORT_SYMBOL(b); __GENKSYMS_EXPORT_SYMBOL(c);",
    symvers: ["#SYMVER a 0xbf247894", "#SYMVER b 0x2a9aed1a", "#SYMVER c 0xac7c7aea"],
    types: ["a const unsigned int a ", "b const unsigned int * b ", "c const unsigned int c [ 2 ] "],
  },
  {
    name: "specifiers of parameters take over",
    source: "int f(long), b; __GENKSYMS_EXPORT_SYMBOL(f); __GENKSYMS_EXPORT_SYMBOL(b);",
    symvers: ["#SYMVER f 0x83e43f25", "#SYMVER b 0x9069a9eb"],
    types: ["f int f ( long ) ", "b int f ( long b "],
  },
  {
    name: "typeof of an expression lacks its first parenthesis where no name follows",
    source:
      "int a; typeof(*a) b; typeof(a) c; typeof(&(a)) d; __GENKSYMS_EXPORT_SYMBOL(b); __GENKSYMS_EXPORT_SYMBOL(c); __GENKSYMS_EXPORT_SYMBOL(d);",
    symvers: ["#SYMVER b 0xa45b389b", "#SYMVER c 0xff650ea7", "#SYMVER d 0xce4384dc"],
    types: ["b typeof * a ) b ", "c typeof ( a ) c ", "d typeof & ( a ) ) d "],
  },
  {
    name: "typeof of a type is parsed",
    source:
      "typedef int T; typeof(T *) a; typeof(const int) b, c; __GENKSYMS_EXPORT_SYMBOL(a); __GENKSYMS_EXPORT_SYMBOL(b); __GENKSYMS_EXPORT_SYMBOL(c);",
    symvers: ["#SYMVER a 0xf6fba396", "#SYMVER b 0xd0038f7e", "#SYMVER c 0x04d45401"],
    types: ["t#T typedef int T ", "a typeof ( t#T * ) a ", "b typeof ( const int ) b ", "c typeof c "],
  },
  {
    name: "bit-fields keep their widths",
    source: '# 1 "m.c"\n# 1 "a.h"\nstruct s { int a : 3, : 2; unsigned b : A; } v; __GENKSYMS_EXPORT_SYMBOL(v);',
    symvers: ["#SYMVER v 0xbe05d6ff"],
    types: ["s#s struct s { int a : 3 , : 2 ; unsigned b : A ; } ", "v s#s v "],
  },
  {
    name: "an error in parameters is kept as it stands",
    source: "int f(int 5 x, +); __GENKSYMS_EXPORT_SYMBOL(f);",
    symvers: ["#SYMVER f 0x32b7ac43"],
    types: ["f int f ( int 5 x , + ) "],
  },
  {
    name: "an error in members drops none of its tokens",
    source: '# 1 "m.c"\n# 1 "a.h"\nstruct s { int a b; int c; } v; __GENKSYMS_EXPORT_SYMBOL(v);',
    symvers: ["#SYMVER v 0x05305a4e"],
    types: ["s#s struct s { int a b ; int c ; } ", "v s#s v "],
  },
  {
    name: "an error at the top skips to the semicolon",
    source: "int a 5; int b; __GENKSYMS_EXPORT_SYMBOL(b);",
    symvers: ["#SYMVER b 0x088e6edb"],
    types: ["b int b "],
  },
  {
    name: "static_assert and asm are passed by",
    source: '_Static_assert(1, "x"); asm("nop"); int a asm("b"); __GENKSYMS_EXPORT_SYMBOL(a);',
    symvers: ["#SYMVER a 0x1815132d"],
    types: ['a int a asm ( "b" ) '],
  },
  {
    name: "a name declared twice in different ways keeps the first",
    source: "int a; long a; int a; __GENKSYMS_EXPORT_SYMBOL(a);",
    symvers: ["#SYMVER a 0x23a33d18"],
    types: ["a int a "],
  },
  {
    name: "a typedef's name can be declared again as a parameter or member",
    source: "typedef int T; int f(int T); struct { int T; } v; __GENKSYMS_EXPORT_SYMBOL(f); __GENKSYMS_EXPORT_SYMBOL(v);",
    symvers: ["#SYMVER f 0x5470710c", "#SYMVER v 0x3fe752a2"],
    types: ["t#T typedef int T ", "f int f ( int t#T ) ", "v struct { int t#T ; } v "],
  },
  {
    name: "128-bit integers and va_list",
    source:
      "__int128 a; __uint128_t b; int f(__builtin_va_list); __GENKSYMS_EXPORT_SYMBOL(a); __GENKSYMS_EXPORT_SYMBOL(b); __GENKSYMS_EXPORT_SYMBOL(f);",
    symvers: ["#SYMVER a 0xbbc5e7eb", "#SYMVER b 0xef8b7e2f", "#SYMVER f 0x37f46c2c"],
    types: ["a __int128 a ", "b __uint128_t b ", "f int f ( __builtin_va_list ) "],
  },
  {
    name: "a type that contains itself is expanded once",
    source:
      '# 1 "m.c"\n# 1 "a.h"\nstruct s { struct s *next; struct t { struct s *up; } t; }; struct s v; __GENKSYMS_EXPORT_SYMBOL(v);',
    symvers: ["#SYMVER v 0x71ae9cdb"],
    types: ["s#t struct t { s#s * up ; } ", "s#s struct s { s#s * next ; s#t t ; } ", "v s#s v "],
  },
  {
    name: "function pointers, nested declarators",
    source:
      "int (*f)(int (*)(char x), ...); int (*g[3])(void); int *(*h(int a))[2]; __GENKSYMS_EXPORT_SYMBOL(f); __GENKSYMS_EXPORT_SYMBOL(g); __GENKSYMS_EXPORT_SYMBOL(h);",
    symvers: ["#SYMVER f 0xbe7a2d6e", "#SYMVER g 0xa8cd8243", "#SYMVER h 0x5a9fe42d"],
    types: ["f int ( * f ) ( int ( * ) ( char ) , ... ) ", "g int ( * g [ 3 ] ) ( void ) ", "h int * ( * h ( int ) ) [ 2 ] "],
  },
  {
    name: "numbers' suffixes and operators are spaced as tokens",
    source: "int a[sizeof(int) != 1ULL + 0x10 << 2]; __GENKSYMS_EXPORT_SYMBOL(a);",
    symvers: ["#SYMVER a 0x2d12d72f"],
    types: ["a int a [ sizeof ( int ) ! = 1UL L + 0x10 << 2 ] "],
  },
];

for (const { name, source, symvers, types } of TABLE) {
  Deno.test(name, () => {
    const result = genksyms(encodeName(source));
    assertEquals(symverLines(result).split("\n").slice(0, -1), symvers);
    assertEquals(symtypesText(result.types).split("\n").slice(0, -1), types);
  });
}

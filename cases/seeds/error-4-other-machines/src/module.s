# SPDX-License-Identifier: GPL-2.0
# An object with a name in .modinfo, for any machine:
#   llvm-mc -filetype=obj -triple=x86_64-linux-gnu module.s -o ../x86_64.ko
#   llvm-mc -filetype=obj -triple=aarch64-linux-gnu module.s -o ../aarch64.ko
#   llvm-mc -filetype=obj -triple=armeb-linux-gnueabihf module.s -o ../armeb.ko
.section .modinfo, "a"
.asciz "license=GPL"
.asciz "name=other_machine"
.section .gnu.linkonce.this_module, "aw"
.globl __this_module
__this_module:
.zero 768

# SPDX-License-Identifier: MIT
#
# compiler.mk - what to build with: CC, AR and the directories O and DEPS
#
# For GNUmakefile.  What the user gives is kept; a default follows from the rest:
# TARGET, SANITIZE, STATIC, and what CC builds for.

# Another machine to build for, as aarch64, or the triplet of its GNU compiler.
TARGET  ?=
cross   := $(if $(TARGET),$(TARGET)$(if $(findstring -,$(TARGET)),,-linux-gnu)-)

# ask CC,OPTION - what a compiler says about itself; it needs no specs for that
ask     = $(shell $(filter-out -specs=%,$1) $2 2>/dev/null)
machine = $(firstword $(subst -, ,$(call ask,$1,-dumpmachine)))
# plugin CC - what an archiver needs to read its objects, if they are for -flto
plugin  = $(wildcard $(dir $(call ask,$1,-print-prog-name=lto-wrapper))liblto_plugin.so)
ar      = $(or $(call ask,$1,-print-prog-name=ar),ar) $(addprefix --plugin ,$(call plugin,$1))
# glibc CC - 1 if the compiler builds for glibc
glibc   = $(if $(findstring -specs=,$1),,$(shell echo __GLIBC__ | \
	$1 -E -P -include features.h - 2>/dev/null | grep -qx '[0-9][0-9]*' && echo 1))

# The compiler for static programs builds for musl.  That for TARGET builds for
# glibc by itself: musl-deps gets musl and specs for it.
STATIC_CC ?= $(if $(TARGET),$(cross)gcc -B $(DEPS)/ -specs=$(DEPS)/musl.specs,musl-gcc)
# A CC for glibc links shared libraries by default.
SANITIZE ?= 0
STATIC   ?= $(if $(filter-out default,$(origin CC)),$(if $(call glibc,$(CC)),0,1),1)
kind     := $(or $(filter 1 fuzz,$(SANITIZE)),$(if $(filter 0,$(STATIC)),shared))
ifeq ($(origin CC),default)
CC = $(or $(and $(kind),$(cross)$(if $(TARGET),gcc,cc)),$(STATIC_CC))
endif

top      := build$(addprefix /,$(TARGET))
O        ?= $(top)$(addprefix /,$(patsubst 1,sanitize,$(kind)))
# A CC for another machine needs libraries for that machine.
DEPS     ?= $(if $(filter file,$(origin O)),$(top),$(O))/deps$(if $(TARGET),,$(addprefix \
	-,$(filter-out $(shell uname -m),$(call machine,$(CC)))))
DEPS     := $(DEPS)
CC       := $(CC)
ifeq ($(origin AR),default)
AR       := $(call ar,$(CC))
endif
$(if $(kind),,$(if $(call glibc,$(CC)),$(error CC=$(CC) builds for glibc: a static build needs musl)))

# Programs of the host load the module for nsswitch.conf(5): it needs their libc.
NSS_CC   ?= $(if $(TARGET),$(cross)gcc,cc)
NSS      ?= $(and $(filter $(call machine,$(CC)),$(call machine,$(NSS_CC))),$(call glibc,$(NSS_CC)))
NSS      := $(NSS)

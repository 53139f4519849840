# gbalance: every command a person needs.  "make help" lists them.

PORT    ?= 8000
CC      ?= cc
CLANG   ?= clang
VERSION := 0.1.0

# --- what to build ----------------------------------------------------------

SRC      := $(sort $(wildcard fcgi/*.c fcgi/*/*.c fcgi/*/*/*.c))
LIB_SRC  := $(filter-out fcgi/main.c,$(SRC))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_LIB := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
CRASH_SRC := $(sort $(wildcard tests/crash/*.c)) tests/bench/http.c
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wformat=2 -Wundef \
	-Wvla
HARD := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -fcf-protection
LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed \
	-Wl,-z,pack-relative-relocs,--gc-sections
BASE := -std=c11 -D_GNU_SOURCE -DGB_VERSION='"$(VERSION)"' -Ifcgi \
	-Ibuild/made -pthread

# json-c's own headers lie in json-c/ on Debian, so no pkg-config is needed.
LIBS := -lfcgi -lcurl -ljson-c -lsqlite3 -lconfig -lcrypto -lm

# One flavour a folder below build/: the program itself, and its tests under
# each sanitizer.  C needs no tables to unwind by: debuggers have theirs, beside the program.
release_FLAGS := -O2 -g $(HARD) -ffunction-sections \
	-fno-asynchronous-unwind-tables
asan_FLAGS    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
tsan_FLAGS    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
fuzz_FLAGS    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
fuzz_CC       := $(CLANG)

# What a person waits for may be small rather than fast.
build/release/fcgi/cli/%.o build/release/fcgi/config/%.o: release_FLAGS += -Os

comma := ,
objects = $(patsubst %.c,build/$(1)/%.o,$(2))

.PHONY: all help run demo check unit e2e browser fuzz bench soak format clean install
all: build/gbalance

help:
	@echo 'make run      serve on http://127.0.0.1:$(PORT) (PORT=… changes it)'
	@echo 'make demo     the same against a fake Gemini, to try clients'
	@echo 'make          build build/gbalance'
	@echo 'make install  put it below DESTDIR and PREFIX (/usr/local)'
	@echo 'make check    every test; make unit, e2e, browser: some'
	@echo 'make bench    speed and memory; make soak: memory over a million'
	@echo 'make fuzz     each fuzz target for FUZZ_SECONDS (300)'
	@echo 'make format   lay the sources out; make clean'

run:
	@scripts/packages.sh run
	@$(MAKE) -s build/gbalance
	@PORT=$(PORT) scripts/run.sh

demo:
	@scripts/packages.sh run demo
	@$(MAKE) -s build/gbalance
	@PORT=$(PORT) scripts/run.sh --demo

check:
	@scripts/packages.sh run check
	@scripts/check.sh

bench:
	@scripts/packages.sh run bench
	@$(MAKE) -s build/gbalance
	@tests/bench/run.sh

soak:
	@scripts/packages.sh run bench
	@$(MAKE) -s build/gbalance build/release/crash
	@tests/bench/run.sh --soak
	@tests/crash/run.sh

build/gbalance: $(call objects,release,$(SRC))
	@echo '  LINK $@'
	@$(CC) $(release_FLAGS) $(LINK) -pthread -o $@ $^ $(LIBS)

# What the pages and the command line both say is in the pages' English words.
FAULT_WORDS   := build/made/config/settings_fault_words.h
VERDICT_WORDS := build/made/keys/verdict_words.h
made = sed -nE 's/["\\]/\\&/g; s/^($(1)_[A-Z_]+) = (.*)$$/$(2)/p' $< >$@
$(FAULT_WORDS): templates/strings.en Makefile
	@mkdir -p $(@D)
	@$(call made,UNFIT,[\1] = {"\1"$(comma) "\2"}$(comma))
$(VERDICT_WORDS): templates/strings.en Makefile
	@mkdir -p $(@D)
	@$(call made,REASON,#define \1 "\2")

define FLAVOUR
build/$(1)/fcgi/config/settings_fault.o: $(FAULT_WORDS)
build/$(1)/fcgi/keys/verdict.o: $(VERDICT_WORDS)

build/$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D)
	@echo '  CC $(1) $$<'
	@$$(or $$($(1)_CC),$$(CC)) $$(BASE) $$(WARN) $$($(1)_FLAGS) -MMD -MP -c -o $$@ $$<

build/$(1)/libgbalance.a: $$(call objects,$(1),$$(LIB_SRC))
	@rm -f $$@
	@ar rcs $$@ $$^

build/$(1)/gbalance: $$(call objects,$(1),fcgi/main.c) build/$(1)/libgbalance.a
	@$$(or $$($(1)_CC),$$(CC)) $$($(1)_FLAGS) -pthread -o $$@ $$^ $$(LIBS)

build/$(1)/tests/unit/%: build/$(1)/tests/unit/%.o \
		$$(call objects,$(1),$$(UNIT_LIB)) build/$(1)/libgbalance.a
	@$$(or $$($(1)_CC),$$(CC)) $$($(1)_FLAGS) -pthread -o $$@ $$^ $$(LIBS) -lcmocka

build/$(1)/tests/bench/%: build/$(1)/tests/bench/%.o build/$(1)/libgbalance.a
	@$$(or $$($(1)_CC),$$(CC)) $$($(1)_FLAGS) -pthread -o $$@ $$^ $$(LIBS)

build/$(1)/crash: $$(call objects,$(1),$$(CRASH_SRC))
	@$$(or $$($(1)_CC),$$(CC)) $$($(1)_FLAGS) -pthread -o $$@ $$^ -lsqlite3

build/$(1)/tests/fuzz/%: build/$(1)/tests/fuzz/%.o build/$(1)/libgbalance.a
	@$$(fuzz_CC) $$($(1)_FLAGS) -fsanitize=fuzzer -pthread -o $$@ $$^ $$(LIBS)
endef
$(foreach f,release asan tsan fuzz,$(eval $(call FLAVOUR,$(f))))

.SECONDARY:
-include $(shell find build -name '*.d' 2>/dev/null)

unit: $(patsubst %.c,build/asan/%,$(UNIT_SRC))
	@for t in $^; do $$t || exit 1; done

e2e: build/asan/gbalance
	cd tests/e2e && npm install --no-audit --no-fund && node --test

browser: build/asan/gbalance
	cd tests/browser && npm install --no-audit --no-fund && node --test

# Each target from the golden cases on.  Under sanitizers, and with all that a
# target checks, a MiB takes up to 3 s; "make bench" holds the goal of 100 ms.
FUZZ_SECONDS ?= 300
fuzz: $(patsubst %.c,build/fuzz/%,$(FUZZ_SRC))
	@scripts/seeds.sh $(notdir $^)
	@for t in $(notdir $^); do \
		mkdir -p build/corpus/$$t; \
		build/fuzz/tests/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) \
			-max_len=1048576 -timeout=20 \
			-artifact_prefix=build/corpus/ \
			build/corpus/$$t build/seeds/$$t || exit 1; \
	done

format:
	find fcgi tests -name node_modules -prune -o -name '*.[ch]' -print | \
		xargs clang-format -i

PREFIX ?= /usr/local
install: build/gbalance
	install -D -m 755 -s build/gbalance $(DESTDIR)$(PREFIX)/bin/gbalance
	ln -sf gbalance $(DESTDIR)$(PREFIX)/bin/gbalance.fcgi
	install -d $(DESTDIR)$(PREFIX)/share/gbalance/templates \
		$(DESTDIR)$(PREFIX)/share/gbalance/static
	install -m 644 templates/* $(DESTDIR)$(PREFIX)/share/gbalance/templates
	install -m 644 static/* $(DESTDIR)$(PREFIX)/share/gbalance/static
	install -D -m 644 gbalance.cfg \
		$(DESTDIR)$(PREFIX)/share/gbalance/gbalance.cfg

clean:
	rm -rf build

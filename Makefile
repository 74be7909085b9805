# The front door. `make` shows what there is.

SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -c
.DEFAULT_GOAL = help
.PHONY: help setup build test quick demo release install place bench lint fmt golden fuzz fuzzer reprotest clean

# A module that imports one that Package.swift does not give it does not build.
SWIFT_FLAGS = --explicit-target-dependency-import-check error
RELEASE_FLAGS = $(SWIFT_FLAGS) -c release --static-swift-stdlib
PREFIX ?= /usr/local
BUILT ?= .build/release
SECONDS_OF_FUZZING ?= 60
SOURCES = Package.swift Sources Tests
# The linker remarks on each function of the C library that a static program should not call; ours does not.
WITHOUT_LINKER_REMARKS = { grep --line-buffered -v -E ':function .*: warning: ' || true; }

help: ## Show this list
	@echo "make TARGET"
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

setup: ## Install what building, testing and the demo need (Debian and Ubuntu), or say what is missing
	@scripts/setup test

build: ## Build everything for debugging
	@scripts/setup build
	swift build $(SWIFT_FLAGS)

test: ## Install what is missing, build, run all tests
	@scripts/test $(SWIFT_FLAGS)

quick: ## Build, run the tests whose name matches: make quick FILTER=CompilerTests
	@test -n "$(FILTER)" || { echo "which tests? make quick FILTER=CompilerTests"; exit 64; }
	swift test $(SWIFT_FLAGS) --filter '$(FILTER)'

demo: ## See it work: an app from its manifest to its sandbox
	@scripts/demo

release: ## Build the programs as shipped: locara, locara-compiler and locara-tool in .build/release
	@scripts/setup build
	swift build $(RELEASE_FLAGS) -Xlinker -s --product locara 2>&1 | $(WITHOUT_LINKER_REMARKS)
	swift build $(RELEASE_FLAGS) --product locara-compiler 2>&1 | $(WITHOUT_LINKER_REMARKS)
	swift build $(RELEASE_FLAGS) --product locara-tool 2>&1 | $(WITHOUT_LINKER_REMARKS)

install: release ## Install the programs, completion and the manual: make install PREFIX=/usr/local [DESTDIR=...]
	@$(MAKE) --no-print-directory place

# What `install` does with programs that are built: a test places those for debugging.
place: PLACE = install -D -m 644 /dev/stdin
place:
	install -D -m 755 $(BUILT)/locara $(DESTDIR)$(PREFIX)/bin/locara
	install -D -m 755 $(BUILT)/locara-compiler $(DESTDIR)$(PREFIX)/libexec/locara/locara-compiler
	install -D -m 755 $(BUILT)/locara-tool $(DESTDIR)$(PREFIX)/libexec/locara/locara-tool
	$(BUILT)/locara generate bash | $(PLACE) $(DESTDIR)$(PREFIX)/share/bash-completion/completions/locara
	$(BUILT)/locara generate zsh | $(PLACE) $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_locara
	$(BUILT)/locara generate fish | $(PLACE) $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/locara.fish
	$(BUILT)/locara generate manual | $(PLACE) $(DESTDIR)$(PREFIX)/share/man/man1/locara.1

bench: release ## Run every benchmark against the release build: make bench [ONLY=compile]
	@scripts/bench $(ONLY)

lint: ## Check style, words and the layers of modules, changing nothing
	swift format lint --strict --parallel --recursive $(SOURCES)
	scripts/check-words
	scripts/check-modules

fmt: ## Bring the sources into the style
	swift format format --in-place --parallel --recursive $(SOURCES)

golden: ## Record what the program says now as the expected files, and show what changed
	@scripts/setup build
	swift build $(SWIFT_FLAGS) --build-tests
	-LOCARA_GOLDEN=record swift test $(SWIFT_FLAGS) --skip-build > .build/golden.log 2>&1
	@grep -q 'Test run with [0-9]* tests' .build/golden.log || \
	  { echo "the tests did not run to their end, so not all files were recorded:"; tail -20 .build/golden.log; exit 1; }
	@git --no-pager diff --stat -- fixtures spec
	@git status --short -- fixtures spec

fuzz: ## Feed wrong manifests, bundles, filters and profiles to their readers: make fuzz [SECONDS_OF_FUZZING=60]
	@scripts/setup build
	LOCARA_FUZZ_SECONDS=$(SECONDS_OF_FUZZING) swift test $(SWIFT_FLAGS) --filter 'Mutat'

fuzzer: ## Run a libFuzzer harness: make fuzzer READER=NAME (scripts/fuzz --list) [SECONDS_OF_FUZZING=60]
	@scripts/setup build
	scripts/fuzz $(READER) $(SECONDS_OF_FUZZING)

reprotest: build ## Build apps under reprotest, with all variations but another user, and compare
	@scripts/reprotest

clean: ## Remove what was built and the demo's output
	rm -rf .build demo fixtures/apps/*/bin fixtures/apps/*/vendor fixtures/apps/*/vendor.stamp

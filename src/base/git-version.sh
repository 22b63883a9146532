#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Prints the header that tells a build its git commit (or "release" outside a checkout) and its flags.
version=$(git -C "$1" describe --always --dirty --abbrev=12 2>/dev/null) || version=release
printf '#define SQ_GIT_VERSION "git %s"\n#define SQ_BUILD_FLAGS "%s"\n' "$version" "$2"

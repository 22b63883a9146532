#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Makes configure from configure.ac; run once after cloning.
cd "$(dirname "$0")" && exec autoreconf --install --force --warnings=all

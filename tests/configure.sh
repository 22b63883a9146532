#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What configure takes and what it refuses, with which message: libraries by every name and place, of another MPI, of
# complex numbers, of 64-bit indices; options. Run by `make check-configure`, two minutes; skips what is not installed.
set -u
here=$(CDPATH='' cd -- "${srcdir:-.}" && pwd)
# shellcheck source=tests/environment
. "$here/tests/environment"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
complain() { grep -E 'error|HDF5  |BLAS  ' log | sed 's/^/# /'; }

configure() { "$here/configure" -q "$@" >log 2>&1; }
takes() { configure "$@"; } # takes WORD...
says() { # says TEXT WORD...: it is taken, and the summary or the Makefile has TEXT
  text=$1; shift
  configure "$@" && grep -qE "$text" log Makefile config.h squall.pc
}
refuses() { # refuses TEXT WORD...: one error with TEXT
  text=$1; shift
  ! configure "$@" && [ "$(grep -c 'configure: error' log)" = 1 ] && grep -q "configure: error.*$text" log
}

cat >alone <<'TEXT'
#!/bin/sh
case " $* " in *hdf5*) exit 1 ;; esac
exec pkg-config "$@"
TEXT
chmod +x alone
check "the libraries of this machine" takes
check "HDF5 by h5pcc" says 'HDF5 +by h5pcc' PKG_CONFIG="$scratch/alone"
check "no such HDF5" refuses 'no HDF5 that was built with this MPI' --with-hdf5="$scratch"
check "a compiler without MPI" refuses 'does not build MPI programs' CC=gcc
check "BLAS by its name" says 'BLAS +by given: -lopenblas' --with-blas=-lopenblas \
  BLAS_CFLAGS="$(pkg-config --cflags openblas)"
check "no such BLAS" refuses 'no BLAS with cblas.h' --with-blas=-lnothing
check "sanitizers beside one's own CFLAGS" says '^SQUALL_CFLAGS = .*-fsanitize=address' --enable-sanitizers CFLAGS=-O1
check "a static library alone names all libraries" says '^Libs: .*lfftw3_mpi' --disable-shared
check "a shared one does not" says '^Libs.private: .*lfftw3_mpi' --disable-static

lib=$(dirname "$(pkg-config --variable=libdir zlib)/x")
if [ -d "$lib/hdf5/openmpi" ]; then
  check "HDF5 by its directory" says 'HDF5 +by directory' --with-hdf5="$lib/hdf5/openmpi"
else skip "no $lib/hdf5/openmpi (Debian: libhdf5-openmpi-dev)"; fi
if [ -d "$lib/hdf5/mpich" ]; then
  check "HDF5 of another MPI" refuses 'no HDF5 that was built with this MPI' --with-hdf5="$lib/hdf5/mpich"
  check "FFTW of another MPI" refuses 'no MPI library of this MPI, mpich' CC=mpicc.mpich
else skip "no HDF5 of MPICH (Debian: libhdf5-mpich-dev)"; fi
petsc() { # petsc PATTERN: the first PETSc of Debian's that is called so
  for d in $1; do [ -d "$d" ] && PETSC_DIR=$d && export PETSC_DIR && return; done
  return 1
}
if petsc '/usr/lib/petscdir/petsc3*/*-complex'; then check "complex numbers" refuses 'this PETSc has complex numbers'
else skip "no complex PETSc (Debian: libpetsc-complex-dev)"; fi
if petsc '/usr/lib/petscdir/petsc64-3*/*-real'; then check "64-bit indices" says 'SIZEOF_PETSCINT 8'
else skip "no PETSc of 64-bit indices (Debian: libpetsc64-real-dev)"; fi
echo "1..$count"
exit $failed

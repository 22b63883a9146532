# Copyright Spack Project Developers. See COPYRIGHT file for details.
#
# SPDX-License-Identifier: (Apache-2.0 OR MIT)

# In a repository of your own: REPO/packages/squall/package.py, then `spack repo add REPO`.
from spack.package import *


class Squall(AutotoolsPackage):
    """Monte Carlo, generative models and exact corrections of lattice field
    theories and spin models, under MPI."""

    # of the place that you have squall from; `spack develop` builds a checkout
    homepage = "https://example.org/squall"
    url = "https://example.org/squall/squall-0.1.0.tar.gz"

    license("BSD-3-Clause")

    version("0.1.0")
    version("develop", no_cache=True)

    variant("shared", default=True, description="Build the shared library")
    variant("figures", default=True, description="Draw the figures of reports with gnuplot")

    depends_on("c", type="build")

    depends_on("pkgconfig", type="build")
    with when("@develop"):
        depends_on("autoconf@2.71:", type="build")
        depends_on("automake@1.16:", type="build")
        depends_on("libtool", type="build")
        depends_on("m4", type="build")

    depends_on("mpi")
    depends_on("petsc@3.18:3.22+mpi~complex+double")
    depends_on("hdf5@1.10:1.14+mpi+hl")
    depends_on("fftw@3.3:+mpi")
    depends_on("blas")
    depends_on("random123")
    depends_on("libyaml")
    depends_on("zlib-api")
    depends_on("libzip")
    depends_on("gnuplot", type="run", when="+figures")

    def configure_args(self):
        spec = self.spec
        args = [
            "CC={0}".format(spec["mpi"].mpicc),
            "CPPFLAGS={0}".format(spec["random123"].headers.include_flags),
            "--with-hdf5={0}".format(spec["hdf5"].prefix),
            "--with-blas={0}".format(spec["blas"].libs.ld_flags),
            "BLAS_CFLAGS={0}".format(spec["blas"].headers.include_flags),
        ]
        args += self.enable_or_disable("shared")
        return args

    def check(self):
        # all tests take ten minutes of two cores; these are what compilers and libraries can break
        make(
            "check",
            "check_PROGRAMS=tests/io tests/net tests/nn",
            "TESTS=tests/io-n1.mpi tests/net-n2.mpi tests/nn-n1.mpi",
        )

    def installcheck(self):
        make("installcheck")

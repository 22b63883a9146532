/* SPDX-License-Identifier: BSD-3-Clause */
/* What squall --version says: the version and the commit, how it was compiled, the libraries, the licence, how to cite.
 */
#include "src/app/commands.h"
#include <dlfcn.h>
#include <string.h>
#include <yaml.h>

/* OpenBLAS says what it is; another library does not. */
static const char *blas(void)
{
  union {
    void *object;
    char *(*function)(void);
  } config = {dlsym(RTLD_DEFAULT, "openblas_get_config")};
  return config.object ? config.function() : "BLAS of another maker than OpenBLAS";
}

void sq_help_version(FILE *out)
{
  fprintf(out, "%s\n\n", sq_version());
  fprintf(out, "libraries  %s\n", sq_libraries());
  fprintf(out, "           BLAS: %s\n", blas());
  fprintf(out, "           libyaml %s\n", yaml_get_version_string());
  fprintf(out, "licence    BSD 3-Clause, of squall itself; FFTW is under the GPL, and so is a program that is given "
               "away "
               "together with it\n");
  fprintf(out,
          "cite       %.*s, the squall developers (CITATION.cff); README.md, section Cite, has the papers behind its "
          "methods\n",
          (int)strcspn(sq_version(), "(") - 1, sq_version());
}

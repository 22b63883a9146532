/* The data of the figure of a Langevin equation's step sizes, from langevin.csv. */
#include "src/report/report.h"
#include <string.h>

typedef struct {
  sq_text *out;
  char name[SQ_IO_NAME];
} blocks;

static bool shown(const char *name)
{
  static const char *const names[] = {"chi2", "phi2", "action_density", "schwinger_dyson"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(name, names[i])) return true;
  return false;
}

/* Blocks of eps, value, error, fit; a block for every observable, the first row at eps = 0. */
static PetscErrorCode row(const char *text, void *context)
{
  PetscFunctionBeginUser;
  blocks *b = context;
  char name[SQ_IO_NAME];
  double eps, value, error, fit;
  if (sscanf(text, "%31[^,],%lf,%lf,%lf,%lf", name, &eps, &value, &error, &fit) != 5 || !shown(name))
    PetscFunctionReturn(0);
  if (strcmp(name, b->name)) PetscCall(sq_text_add(b->out, "%s# %s\n", b->name[0] ? "\n\n" : "", name));
  memcpy(b->name, name, sizeof b->name);
  PetscCall(sq_text_add(b->out, "%.6g %.8g %.3g %.8g\n", eps, value, error, fit));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_langevin_data(const sq_report *r, sq_text *out)
{
  blocks b = {.out = out};
  return sq_report_lines(r, "langevin.csv", row, &b);
}

/* The data of the figures about noise levels: the prior, the scales of modes, the flow of the zero mode. From the CSV
 * files of sample and measure. */
#include "src/report/report.h"
#include <math.h>
#include <string.h>

/* Where rows go; a new block whenever the name or the level changes. */
typedef struct {
  sq_text *out;
  char name[SQ_IO_NAME];
  int level, highest;
} blocks;

static PetscErrorCode prior_row(const char *text, void *context)
{
  PetscFunctionBeginUser;
  double phat2, prior, expected, bias;
  if (sscanf(text, "%lf,%*[^,],%*[^,],%*[^,],%lf,%lf,%lf", &phat2, &prior, &expected, &bias) == 4)
    PetscCall(sq_text_add(context, "%.6g %.8g %.4g\n", phat2, prior / expected, bias));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_prior_data(const sq_report *r, sq_text *out)
{
  return sq_report_one_site(r) ? 0 : sq_report_lines(r, "prior.csv", prior_row, out);
}

static PetscErrorCode scale_row(const char *text, void *context)
{
  PetscFunctionBeginUser;
  blocks *b = context;
  char name[SQ_IO_NAME];
  double phat2, s, error, expected;
  if (sscanf(text, "%31[^,],%lf,%*[^,],%lf,%lf,%lf", name, &phat2, &s, &error, &expected) != 5) PetscFunctionReturn(0);
  if (strcmp(name, b->name)) PetscCall(sq_text_add(b->out, "%s# %s\n", b->name[0] ? "\n\n" : "", name));
  memcpy(b->name, name, sizeof b->name);
  PetscCall(sq_text_add(b->out, "%.6g %.6g %.3g %.6g\n", phat2, s, error, expected));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_scale_data(const sq_report *r, sq_text *out)
{
  blocks b = {.out = out};
  return sq_report_one_site(r) ? 0 : sq_report_lines(r, "scales_modes.csv", scale_row, &b);
}

static PetscErrorCode find_highest(const char *text, void *context)
{
  PetscFunctionBeginUser;
  blocks *b = context;
  int level;
  if (sscanf(text, "%*[^,],%d", &level) == 1 && level > b->highest) b->highest = level;
  PetscFunctionReturn(0);
}

/* -log of the density of M at six levels of the sampler's trajectories. */
static PetscErrorCode zero_mode_row(const char *text, void *context)
{
  PetscFunctionBeginUser;
  enum { SHOWN = 5 };
  blocks *b = context;
  char name[SQ_IO_NAME];
  int level;
  double s, M, density, error;
  bool shown = false;
  if (sscanf(text, "%31[^,],%d,%lf,%lf,%lf,%lf", name, &level, &s, &M, &density, &error) != 6 || strcmp(name, "backwar"
                                                                                                              "d"))
    PetscFunctionReturn(0);
  for (int i = 0; i <= SHOWN; i++) shown = shown || level == b->highest * i / SHOWN;
  if (!shown) PetscFunctionReturn(0);
  if (level != b->level) PetscCall(sq_text_add(b->out, "%s# s = %.3g\n", b->level < 0 ? "" : "\n\n", s));
  b->level = level;
  if (density > 0) PetscCall(sq_text_add(b->out, "%.5g %.5g %.3g\n", M, -log(density), error / density));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_zero_mode_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  blocks b = {.out = out, .level = -1};
  PetscCall(sq_report_lines(r, "scales_magnetisation.csv", find_highest, &b));
  PetscCall(sq_report_lines(r, "scales_magnetisation.csv", zero_mode_row, &b));
  PetscFunctionReturn(0);
}

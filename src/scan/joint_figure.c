/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of what ensembles say together: log Z, |M|, chi2 and U_L against the coupling, with what each ensemble
 * says alone. */
#include "src/scan/joint.h"
#include "src/plot/plot.h"
#include <math.h>
#include <string.h>

enum { SHOWN = 4 };
static const int shown[SHOWN] = {SQ_JOINT_LOG_Z, SQ_JOINT_ABS_M, SQ_JOINT_CHI2, SQ_JOINT_U_L};

/* A line of a value of the coupling and numbers with errors. */
static PetscErrorCode add_numbers(double x, const sq_estimate *number, sq_text *data)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(data, "%.10g", x));
  for (int i = 0; i < SHOWN; i++) {
    const double error = isnan(number[i].error) ? 0 : number[i].error;
    PetscCall(sq_text_add(data, " %.10g %.4g", number[i].value, error));
  }
  PetscCall(sq_text_add(data, "\n"));
  PetscFunctionReturn(0);
}

/* What is trusted; a gap where nothing is. */
static PetscErrorCode add_curve(const sq_joint *s, const sq_joint_lattice *l, const char *extents, sq_text *data)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(data, "# %s\n", extents));
  for (int j = 0; j < s->targets; j++) {
    sq_estimate number[SHOWN];
    for (int i = 0; i < SHOWN; i++) number[i] = sq_joint_estimate(s, l, j, shown[i]);
    if (sq_joint_known(l, j)) PetscCall(add_numbers(s->axes[0].value[j], number, data));
    else PetscCall(sq_text_add(data, "\n"));
  }
  PetscCall(sq_text_add(data, "\n\n"));
  PetscFunctionReturn(0);
}

/* The ensembles of the lattice, each alone. */
static PetscErrorCode add_ensembles(const sq_joint *s, const sq_joint_lattice *l, const char *extents, sq_text *data)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(data, "# %s, one ensemble\n", extents));
  for (int k = 0; k < s->all.count; k++) {
    const sq_ensemble *e = &s->all.e[k];
    sq_estimate number[SHOWN];
    if (memcmp(e->extent, l->p.extent, sizeof e->extent) != 0) continue;
    for (int i = 0; i < SHOWN; i++) {
      const sq_estimate *x = sq_obs_find(&e->table, sq_joint_name[shown[i]]);
      number[i] = x ? *x : (sq_estimate){.value = NAN, .error = NAN};
    }
    PetscCall(add_numbers(s->all.action[k].value[s->axes[0].parameter], number, data));
  }
  PetscCall(sq_text_add(data, "\n\n"));
  PetscFunctionReturn(0);
}

/* The curves of all lattices stand in the first blocks, their ensembles in those behind. */
static PetscErrorCode add_script(const sq_joint *s, sq_text *script)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(script, "set multiplot layout 2,2\nset offsets graph 0.03, graph 0.03, graph 0.06, graph 0.06\n"
                                "set xlabel '"));
  PetscCall(sq_symbol_add(s->target[0].type->params[s->axes[0].parameter].key, script));
  PetscCall(sq_text_add(script, "'\nstats data index 0 using 1:2 name 'Z' nooutput\n"));
  for (int i = 0; i < SHOWN; i++) {
    const int y = 2 + 2 * i;
    PetscCall(sq_text_add(script, "set ylabel '"));
    PetscCall(sq_symbol_add(sq_joint_name[shown[i]], script));
    PetscCall(sq_text_add(script, "%s'\n", i ? "" : " − line"));
    if (shown[i] == SQ_JOINT_CHI2) PetscCall(sq_text_add(script, "set logscale y\n"));
    char Y[64];
    snprintf(Y, sizeof Y, i ? "$%d" : "$%d - Z_slope*$1 - Z_intercept", y);
    PetscCall(sq_text_add(script,
                          "plot for [i=0:%d] data index i using 1:(%s - $%d):(%s + $%d) with filledcurves "
                          "fs transparent solid 0.25 noborder lc rgb colour[i%%5+1] notitle, "
                          "for [i=0:%d] data index i using 1:(%s) with lines lc rgb colour[i%%5+1] title name[i+1]",
                          s->lattices - 1, Y, y + 1, Y, y + 1, s->lattices - 1, Y));
    if (i)
      PetscCall(sq_text_add(script,
                            ", for [i=0:%d] data index %d+i using 1:%d:%d with yerrorbars pt 7 ps 0.6 lc rgb "
                            "colour[i%%5+1] title name[%d+i]",
                            s->lattices - 1, s->lattices, y, y + 1, s->lattices + 1));
    PetscCall(sq_text_add(script, "\nunset logscale y\n"));
  }
  PetscCall(sq_text_add(script, "unset multiplot\n"));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_joint_figure(const sq_joint *s)
{
  PetscFunctionBeginUser;
  const sq_canvas canvas = {.world = s->world, .directory = "reweight", .pictures = true};
  sq_text data = {0}, script = {0};
  char extents[64];
  int drawn;
  if (s->dims > 1) PetscFunctionReturn(0);
  for (int pass = 0; pass < 2; pass++)
    for (const sq_joint_lattice *l = s->on; l < s->on + s->lattices; l++) {
      sq_extents_text(l->p.dim, l->p.extent + SQ_DIM - l->p.dim, extents, sizeof extents);
      PetscCall((pass ? add_ensembles : add_curve)(s, l, extents, &data));
    }
  PetscCall(add_script(s, &script));
  const sq_figure figure = {.name = "reweight",
                            .title = "Ensembles at many couplings as one",
                            .width = 900,
                            .height = 750,
                            .script = script.text,
                            .panels = 2};
  PetscCall(sq_figure_draw(&canvas, &figure, data.text, &drawn));
  sq_text_clear(&data);
  sq_text_clear(&script);
  PetscFunctionReturn(0);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of angles with their vortices: angles.csv. */
#include "src/report/report.h"
#include <math.h>
#include <string.h>

/* Of the first ensemble there: spins as arrows about their sites, vortices and antivortices in the middle of their
 * plaquettes. */
static PetscErrorCode angles_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  static const char *const name[] = {"spins", "vortices", "antivortices"};
  sq_cells t;
  sq_blocks b = {.out = out};
  PetscCall(sq_report_table(r, "angles.csv", &t));
  for (int kind = 0; kind < 3; kind++)
    for (int64_t i = 0; i < t.rows; i++) {
      const double x = sq_cells_number(&t, i, "x"), y = sq_cells_number(&t, i, "y"),
                   angle = sq_cells_number(&t, i, "angle"), winding = sq_cells_number(&t, i, "winding"),
                   along = 0.8 * cos(angle), across = 0.8 * sin(angle);
      if (strcmp(sq_cells_word(&t, i, "ensemble"), sq_cells_word(&t, 0, "ensemble")) != 0) continue;
      if ((kind == 1 && !(winding > 0)) || (kind == 2 && !(winding < 0))) continue;
      PetscCall(sq_blocks_at(&b, name[kind], NULL));
      if (kind) PetscCall(sq_text_add(out, "%.4g %.4g\n", x + 0.5, y + 0.5));
      else PetscCall(sq_text_add(out, "%.4g %.4g %.4g %.4g\n", x - along / 2, y - across / 2, along, across));
    }
  PetscCall(sq_blocks_end(&b));
  sq_cells_clear(&t);
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_angles = {"angles",
                                    "Angles and vortices",
                                    "A plane of the first field of the ensemble, along its last two directions. Dots: "
                                    "plaquettes around which the angles turn once, vortices and antivortices.",
                                    700,
                                    720,
                                    angles_data,
                                    "set size ratio -1\n"
                                    "set xlabel 'x / a'\n"
                                    "set ylabel 'y / a'\n"
                                    "set autoscale fix\n"
                                    "unset grid\n"
                                    "arrows = 'index 0 using 1:2:3:4 with vectors filled head size 0.25,25 lc rgb "
                                    "\"#7a8794\" notitle'\n"
                                    "kind_of(i) = name[i] eq 'vortices' ? 3 : 1\n"
                                    "if (blocks == 1) {plot data @arrows}\n"
                                    "if (blocks > 1) {plot data @arrows, for [i=2:blocks] data index i-1 using 1:2 "
                                    "with points lt kind_of(i) ps (paper ? 0.8 : 1.4) title label[i]}\n",
                                    0};

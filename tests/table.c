/* SPDX-License-Identifier: BSD-3-Clause */
/* table: what is written by names is read back by names, in any order of the columns; and no figure of the report minds
 * a column more. */
#include "src/report/report.h"
#include "tap.h"
#include <string.h>

static const sq_column columns[] = {{"ensemble", "%s"}, {"x", "%.3g"}, {"n", "%.0f"}, {0}};

static void write_file(const char *name, const char *text)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", tap_directory(), name);
  TAP_CALL(sq_write_text(MPI_COMM_WORLD, path, text));
}

static void read_file(const char *name, sq_cells *cells)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", tap_directory(), name);
  TAP_CALL(sq_cells_read(path, cells));
}

static void check_writing(void)
{
  sq_table t;
  TAP_CALL(sq_table_begin(columns, &t));
  TAP_CALL(sq_table_add(&t, SQ_ROW(SQ_CELL("ensemble", "training"), SQ_CELL("x", 1.23456), SQ_CELL("n", 7))));
  TAP_CALL(sq_table_add(&t, SQ_ROW(SQ_CELL("n", 12345678901.), SQ_CELL("x", NAN), SQ_CELL("ensemble", "a"))));
  TAP_CALL(sq_table_add(&t, SQ_ROW(SQ_CELL("ensemble", "b"), SQ_CELL("x", ""), SQ_CELL("n", 0))));
  tap_check(!strcmp(t.text.text, "ensemble,x,n\ntraining,1.23,7\na,nan,12345678901\nb,,0\n"), "cells go where their "
                                                                                              "names say, in the "
                                                                                              "formats of the columns");
  write_file("t.csv", t.text.text);
  PetscCallVoid(PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL));
  bool missing = sq_table_add(&t, SQ_ROW(SQ_CELL("ensemble", "a"), SQ_CELL("x", 1))),
       strange = sq_table_add(&t, SQ_ROW(SQ_CELL("ensemble", "a"), SQ_CELL("x", 1), SQ_CELL("n", 1), SQ_CELL("y", 2))),
       number = sq_table_add(&t, SQ_ROW(SQ_CELL("ensemble", 1), SQ_CELL("x", 1), SQ_CELL("n", 1)));
  PetscCallVoid(PetscPopErrorHandler());
  tap_check(missing && strange && number, "a cell too few, too many, or a number for a word is an error");
  sq_text_clear(&t.text);
}

static void check_reading(void)
{
  static const char *const by_name[] = {"ensemble", NULL};
  sq_cells t;
  read_file("t.csv", &t);
  tap_check(t.rows == 3 && t.columns == 3 && !strcmp(sq_cells_word(&t, 1, "ensemble"), "a") &&
              sq_cells_number(&t, 0, "x") == 1.23 && sq_cells_number(&t, 1, "n") == 12345678901.,
            "and come back by the same names");
  tap_check(isnan(sq_cells_number(&t, 1, "x")) && isnan(sq_cells_number(&t, 2, "x")) &&
              isnan(sq_cells_number(&t, 0, "ensemble")) && !sq_cells_has(&t, "y") && isnan(sq_cells_number(&t, 0, "y")),
            "what is no number, or not there, is NaN");
  sq_cells_clear(&t);
  write_file("u.csv", "n,ensemble\n1,a\n2,a\nshort\n3,b,more\n4,b\n");
  read_file("u.csv", &t);
  tap_check(t.rows == 3 && sq_cells_number(&t, 2, "n") == 4 && sq_cells_block_end(&t, 0, by_name) == 2 &&
              sq_cells_block_end(&t, 2, by_name) == 3,
            "lines of another length are left out, blocks end where a name changes");
  sq_cells_clear(&t);
  read_file("none.csv", &t);
  tap_check(t.rows == 0 && !t.text, "no file, no rows");
  sq_cells_clear(&t);
}

/* ---- a column more ---- */

/* A table of a few rows with the given columns; `more`: with another column before each of them. Words for the names,
 * growing numbers in the others, small ones in the errors. */
static void make_table(const char *name, const char *const *names, bool more, bool backward)
{
  sq_text text = {0};
  for (int row = 0; row <= 12; row++) {
    for (const char *const *c = names; *c; c++) {
      bool word = c == names && (!strcmp(*c, "ensemble") || !strcmp(*c, "direction") || !strcmp(*c, "observable"));
      if (c > names) TAP_CALL(sq_text_add(&text, ","));
      if (more) TAP_CALL(sq_text_add(&text, row == 0 ? "%s_more," : "-77,", *c));
      if (row == 0) TAP_CALL(sq_text_add(&text, "%s", *c));
      else if (word) TAP_CALL(sq_text_add(&text, row < 7 ? "%s" : "generated", backward ? "backward" : "chi2"));
      else if (!strcmp(*c, "error"))
        TAP_CALL(sq_text_add(&text, "0.00%d", row)); /* small: else there is nothing to draw */
      else TAP_CALL(sq_text_add(&text, "%d.%d", (row - 1) / 4, (int)(c - names) * 3 + 1 + ((row - 1) % 4)));
    }
    TAP_CALL(sq_text_add(&text, "\n"));
  }
  write_file(name, text.text);
  sq_text_clear(&text);
}

static void check_figure(const sq_figure *f, const char *file, const char *const *names)
{
  sq_run run = {.world = MPI_COMM_WORLD, .dim = 1, .extents = {8}};
  sq_report report = {.run = &run};
  sq_text plain = {0}, wide = {0};
  bool backward = !strcmp(names[0], "direction");
  snprintf(run.directory, sizeof run.directory, "%s", tap_directory());
  sq_log_setup(true, SQ_QUIET); /* every rank reads */
  make_table(file, names, false, backward);
  TAP_CALL(f->data(&report, &plain));
  (void)MPI_Barrier(MPI_COMM_WORLD);
  make_table(file, names, true, backward);
  TAP_CALL(f->data(&report, &wide));
  (void)MPI_Barrier(MPI_COMM_WORLD);
  sq_log_setup(tap.rank == 0, SQ_QUIET);
  tap_check(plain.used > 0 && !strstr(plain.text, "-77"), "the figure %s has data", f->name);
  tap_check(plain.used > 0 && wide.used == plain.used && !strcmp(wide.text, plain.text),
            "the figure %s does not mind columns more in %s", f->name, file);
  sq_text_clear(&plain);
  sq_text_clear(&wide);
}

static void check_figures(void)
{
#define NAMES(...) (const char *const[]){__VA_ARGS__, NULL}
  check_figure(&sq_figure_propagator, "measure_spectra.csv", NAMES("ensemble", "phat2", "multiplicity", "G", "error"));
  check_figure(&sq_figure_correlator, "measure_correlator.csv", NAMES("ensemble", "t", "C", "error"));
  check_figure(&sq_figure_langevin, "langevin.csv",
               NAMES("observable", "eps", "value", "error", "fit", "fit_chi2", "freedom", "p"));
  check_figure(&sq_figure_prior, "prior.csv", NAMES("phat2", "multiplicity", "a2", "s2", "prior", "expected", "bias"));
  check_figure(&sq_figure_scales, "scales_modes.csv",
               NAMES("direction", "phat2", "multiplicity", "s", "error", "expected"));
  check_figure(&sq_figure_zero_mode, "scales_magnetisation.csv",
               NAMES("direction", "level", "s", "M", "density", "error"));
  check_figure(&sq_figure_training_worth, "training_worth.csv",
               NAMES("step", "core_seconds", "fields", "ess", "ess_error", "acceptance", "spread", "n_ess", "k_hat",
                     "largest_share", "trusted"));
  check_figure(&sq_figure_volume_worth, "volume_worth.csv",
               NAMES("sites", "extents", "fields", "ess", "ess_error", "acceptance", "spread", "n_ess", "k_hat",
                     "largest_share", "trusted", "core_seconds_a_field"));
  check_figure(&sq_figure_quantum, "quantum_correlator.csv",
               NAMES("ensemble", "t", "C", "error", "mass", "mass_error"));
  check_figure(&sq_figure_quantum_states, "quantum_density.csv", NAMES("ensemble", "x", "density"));
  make_table("toy_histogram.csv", NAMES("ensemble", "phi", "exact_density", "density", "error"), false, false);
  check_figure(&sq_figure_toy, "toy.csv",
               NAMES("s", "phi", "effective_action", "drift", "learned_effective_action", "learned_drift"));
  check_figure(&sq_figure_toy, "toy_histogram.csv", NAMES("ensemble", "phi", "exact_density", "density", "error"));
  make_table("fokker_planck_times.csv", NAMES("alpha", "time", "relative_entropy"), false, false);
  check_figure(&sq_figure_fokker_planck, "fokker_planck.csv",
               NAMES("alpha", "time", "phi_0", "phi_1", "density", "equilibrium", "walkers", "error"));
  check_figure(&sq_figure_fokker_planck, "fokker_planck_times.csv",
               NAMES("alpha", "time", "mass", "rounding", "relative_entropy", "M"));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_writing();
  check_reading();
  check_figures();
  return tap_end();
}

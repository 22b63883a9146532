/* SPDX-License-Identifier: BSD-3-Clause */
/* squall reference: prints what is exactly known of a deck's theory on its lattice, and beside it what a run of the
 * deck has measured. */
#include "squall/known.h"
#include "src/reference/reference.h"
#include "src/ensemble/ensemble.h"
#include "src/run/input.h"
#include "src/run/table.h"
#include <math.h>
#include <string.h>

/* ---- what is known ---- */

static void print_head(const sq_facts *f)
{
  char action[256], extents[64];
  sq_action_describe(&f->action, action, sizeof action);
  sq_extents_text(f->dim, f->extent, extents, sizeof extents);
  printf("# %s on %s sites\n", action, extents);
}

/* Asks all rows that apply; says by what, and what others would give. */
static PetscErrorCode ask(sq_facts *f, bool speaks)
{
  PetscFunctionBeginUser;
  for (int i = 0; sq_oracles[i]; i++) {
    int before = f->count;
    PetscCall(sq_facts_ask(sq_oracles[i], f));
    if (speaks && f->count > before) printf("# by %s\n", sq_oracles[i]->how);
  }
  PetscFunctionReturn(0);
}

/* Whether all that a row gives is known already. */
static bool is_known(const sq_oracle *o, const sq_facts *f)
{
  char names[256], *rest = names;
  snprintf(names, sizeof names, "%s", o->gives);
  for (char *name; (name = strsep(&rest, ","));) {
    name += strspn(name, " ");
    if (isnan(sq_facts_find(f, name))) return false;
  }
  return true;
}

/* The ways that do not apply, one a line: what each would give and where. */
static PetscErrorCode add_possible(const sq_facts *f, sq_text *text)
{
  PetscFunctionBeginUser;
  for (int i = 0; sq_oracles[i]; i++) {
    const sq_oracle *o = sq_oracles[i];
    if (sq_oracle_is_for(o, f) && !o->applies(f) && !is_known(o, f))
      PetscCall(sq_text_add(text, "\n#   %s: by %s, for %s", o->gives, o->how, o->where));
  }
  PetscFunctionReturn(0);
}

/* ---- what was measured ---- */

/* Whether the run's ensembles are those of this deck; where there are none, nothing was measured. */
static PetscErrorCode check_ensembles(const sq_run *run, bool *any)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  *any = false;
  for (int i = 0; sq_ensemble_file_name(i); i++) {
    bool there;
    PetscCall(sq_ensemble_file(run, i, path, &there));
    if (!there) continue;
    PetscCall(sq_input_check(run, path));
    *any = true;
  }
  PetscFunctionReturn(0);
}

static void print_measured(sq_cells *measured, const char *name, double exact)
{
  for (int64_t row = 0; row < measured->rows; row++) {
    if (strcmp(sq_cells_word(measured, row, "observable"), name) != 0) continue;
    double value = sq_cells_number(measured, row, "value"), error = sq_cells_number(measured, row, "error");
    printf("   %s %.8g", sq_cells_word(measured, row, "ensemble"), value);
    if (isfinite(error)) printf(" +- %.2g", error);
    if (error > 0) printf(" (%+.1f sigma)", (value - exact) / error);
  }
}

static void print_facts(const sq_facts *f, sq_cells *measured)
{
  for (int i = 0; i < f->count; i++) {
    printf("%-18s %.15g", f->fact[i].name, f->fact[i].value);
    print_measured(measured, f->fact[i].name, f->fact[i].value);
    printf("\n");
  }
}

/* ---- the command ---- */

static PetscErrorCode print_all(const sq_run *run, sq_facts *f)
{
  PetscFunctionBeginUser;
  sq_text possible = {0};
  sq_cells measured = {0};
  char path[SQ_PATH];
  bool any;
  if (sq_log_speaks()) print_head(f);
  PetscCall(ask(f, sq_log_speaks()));
  PetscCall(add_possible(f, &possible));
  SqCheck(f->count, run->world, SQ_ERR_INPUT, "nothing exact is known of %s on this lattice.%s%s", f->action.type->name,
          possible.text ? " Possible are:" : "", possible.text ? possible.text : "");
  PetscCall(check_ensembles(run, &any));
  sq_run_path(run, "measure.csv", path);
  if (any) PetscCall(sq_cells_read(path, &measured));
  if (sq_log_speaks()) {
    print_facts(f, &measured);
    if (possible.text) printf("# elsewhere:%s\n", possible.text);
  }
  sq_cells_clear(&measured);
  sq_text_clear(&possible);
  PetscFunctionReturn(0);
}

static PetscErrorCode reference(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_facts *f;
  PetscCall(sq_alloc(1, &f));
  *f = sq_facts_of(&run->action, run->extents);
  PetscCall(print_all(run, f));
  sq_free(&f);
  PetscFunctionReturn(0);
}

const sq_command sq_reference_command = {.name = "reference",
                                         .place = SQ_PLACE_LAST,
                                         .usage = "DECK",
                                         .summary = "what is exactly known of a deck's theory on its lattice, beside "
                                                    "what a run has measured",
                                         .sections = SQ_DECK("run", "lattice", "action"),
                                         .make = reference,
                                         .prints = true,
                                         .serial = true};

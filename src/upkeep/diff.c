/* SPDX-License-Identifier: BSD-3-Clause */
/* The command diff: in which keys two decks differ, or the decks of two runs; of runs also which rows of measure.csv
 * do, in units of the combined error. */
#include "src/run/table.h"
#include "src/upkeep/upkeep.h"
#include <math.h>
#include <string.h>

/* One of the two: the values in force, and where its measurements are. */
typedef struct {
  char *deck;             /* owned: lines "section:" and "  key: value", of sections that it has */
  char measured[SQ_PATH]; /* measure.csv; "": it is no run */
} side;

static PetscErrorCode read_side(MPI_Comm world, const char *path, side *s)
{
  PetscFunctionBeginUser;
  char deck[SQ_PATH];
  sq_run *run;
  bool directory;
  snprintf(deck, sizeof deck, "%.900s/deck.yaml", path);
  PetscCall(sq_file_exists(world, deck, &directory));
  if (!directory) snprintf(deck, sizeof deck, "%.900s", path);
  if (directory) snprintf(s->measured, sizeof s->measured, "%.900s/measure.csv", path);
  PetscCall(sq_run_create(world, deck, 0, NULL, &run));
  PetscErrorCode code = sq_deck_text_of(run->deck, NULL, false, &s->deck);
  PetscCall(sq_run_destroy(&run));
  PetscCall(code);
  PetscFunctionReturn(0);
}

/* ---- keys ---- */

/* The value of a key in the text of a deck, up to the end of its line; NULL: it has none. */
static const char *value_in(const char *deck, const char *section, const char *key, int *length)
{
  const size_t n = strlen(section), k = strlen(key);
  bool inside = false;
  for (const char *line = deck; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (line[0] != ' ') inside = !strncmp(line, section, n) && line[n] == ':';
    else if (inside && !strncmp(line + 2, key, k) && line[2 + k] == ':') {
      const char *value = line + 2 + k + 1 + strspn(line + 2 + k + 1, " ");
      *length = (int)strcspn(value, "\n");
      return value;
    }
  }
  return NULL;
}

static bool has_section(const char *deck, const char *section)
{
  const size_t n = strlen(section);
  for (const char *line = deck; *line; line += strcspn(line, "\n"), line += *line == '\n')
    if (!strncmp(line, section, n) && line[n] == ':') return true;
  return false;
}

static int diff_key(FILE *out, const sq_param *param, const side *a, const side *b)
{
  int length[2] = {1, 1};
  char key[2 * SQ_DECK_KEY];
  const char *left = value_in(a->deck, param->section, param->key, &length[0]),
             *right = value_in(b->deck, param->section, param->key, &length[1]);
  if (!left && !right) return 0;
  if (left && right && length[0] == length[1] && !strncmp(left, right, (size_t)length[0])) return 0;
  snprintf(key, sizeof key, "%s.%s", param->section, param->key);
  fprintf(out, "  %-26s %-26.*s %.*s\n", key, length[0], left ? left : "-", length[1], right ? right : "-");
  return 1;
}

/* A section that one of the two has not at all is one difference. */
static int diff_section(FILE *out, const char *section, const side *a, const side *b)
{
  const bool left = has_section(a->deck, section), right = has_section(b->deck, section);
  if (left == right) return 0;
  fprintf(out, "  %-26s %-26s %s\n", section, left ? "(there)" : "(not there)", right ? "(there)" : "(not there)");
  return 1;
}

/* Whether a key is the first that the tables have of its section, or, of alternatives, the first of its name. */
static bool is_first(const sq_param *const *tables, const sq_param *param, bool of_section)
{
  const sq_param *p;
  for (sq_param_walk walk = {.table = tables}; (p = sq_param_next(&walk)) && p != param;)
    if (!strcmp(p->section, param->section) && (of_section || !strcmp(p->key, param->key))) return false;
  return true;
}

static void diff_decks(FILE *out, const side *a, const side *b)
{
  const sq_param *tables[SQ_DECK_TABLES], *param;
  int count = 0;
  sq_deck_tables(tables);
  for (sq_param_walk walk = {.table = tables}; (param = sq_param_next(&walk));) {
    if (is_first(tables, param, true)) count += diff_section(out, param->section, a, b);
    if (has_section(a->deck, param->section) != has_section(b->deck, param->section)) continue;
    if (is_first(tables, param, false)) count += diff_key(out, param, a, b);
  }
  if (!count) fprintf(out, "  no key differs\n");
}

/* ---- measurements ---- */

static int64_t find_row(sq_cells *cells, const char *ensemble, const char *observable)
{
  for (int64_t r = 0; r < cells->rows; r++)
    if (!strcmp(sq_cells_word(cells, r, "ensemble"), ensemble) &&
        !strcmp(sq_cells_word(cells, r, "observable"), observable))
      return r;
  return -1;
}

typedef struct {
  int common, differ, beyond, alone;
} tally;

static void diff_row(FILE *out, sq_cells *a, int64_t i, sq_cells *b, int64_t j, tally *t)
{
  const char *ensemble = sq_cells_word(a, i, "ensemble"), *observable = sq_cells_word(a, i, "observable");
  const double value[2] = {sq_cells_number(a, i, "value"), sq_cells_number(b, j, "value")},
               error[2] = {sq_cells_number(a, i, "error"), sq_cells_number(b, j, "error")};
  const double combined = hypot(error[0], error[1]), sigmas = (value[0] - value[1]) / combined;
  char name[2 * SQ_DECK_KEY];
  t->common++;
  if (value[0] == value[1] && error[0] == error[1]) return;
  if (isnan(value[0]) && isnan(value[1])) return;
  t->differ++;
  t->beyond += fabs(sigmas) > 3;
  snprintf(name, sizeof name, "%.60s %.60s", ensemble, observable);
  fprintf(out, "  %-34s %12.6g +- %-9.2g %12.6g +- %-9.2g ", name, value[0], error[0], value[1], error[1]);
  if (combined > 0) fprintf(out, "%6.1f errors\n", sigmas);
  else fprintf(out, "%s\n", "no errors");
}

static void diff_tables(FILE *out, sq_cells *a, sq_cells *b)
{
  tally t = {0};
  for (int64_t i = 0; i < a->rows; i++) {
    const int64_t j = find_row(b, sq_cells_word(a, i, "ensemble"), sq_cells_word(a, i, "observable"));
    if (j >= 0) diff_row(out, a, i, b, j, &t);
    else t.alone++;
  }
  for (int64_t j = 0; j < b->rows; j++)
    t.alone += find_row(a, sq_cells_word(b, j, "ensemble"), sq_cells_word(b, j, "observable")) < 0;
  fprintf(out, "  %d of %d rows differ, %d of them by more than 3 errors; %d rows only one of the two has\n", t.differ,
          t.common, t.beyond, t.alone);
}

static PetscErrorCode diff_measured(FILE *out, const side *a, const side *b)
{
  PetscFunctionBeginUser;
  sq_cells cells[2] = {{.rows = 0}, {.rows = 0}};
  PetscCall(sq_cells_read(a->measured, &cells[0]));
  PetscCall(sq_cells_read(b->measured, &cells[1]));
  fprintf(out, "measure.csv:\n");
  if (cells[0].rows && cells[1].rows) diff_tables(out, &cells[0], &cells[1]);
  else fprintf(out, "  %s has no rows\n", cells[0].rows ? b->measured : a->measured);
  sq_cells_clear(&cells[0]);
  sq_cells_clear(&cells[1]);
  PetscFunctionReturn(0);
}

static PetscErrorCode diff(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  side a = {0}, b = {0};
  PetscErrorCode code = 0, worst;
  SqCheck(words->operands == 2, world, SQ_ERR_INPUT,
          "usage: squall diff A B: two decks, or the directories of two runs");
  PetscCall(read_side(world, words->operand[0], &a));
  PetscCall(read_side(world, words->operand[1], &b));
  if (sq_log_speaks()) {
    printf("deck:\n  %-26s %-26s %s\n", "", words->operand[0], words->operand[1]);
    diff_decks(stdout, &a, &b);
    if (a.measured[0] && b.measured[0]) code = diff_measured(stdout, &a, &b);
  }
  sq_free(&a.deck);
  sq_free(&b.deck);
  PetscCall(sq_worst_status(world, code, &worst));
  PetscCall(worst);
  PetscFunctionReturn(0);
}

const sq_command sq_diff_command = {.name = "diff",
                                    .place = SQ_PLACE_LAST,
                                    .usage = "A B",
                                    .summary = "two decks or two runs: the keys that differ, and the rows of "
                                               "measure.csv, in units of their errors",
                                    .files = diff,
                                    .serial = true};

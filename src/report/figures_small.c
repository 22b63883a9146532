/* Data of the figures of one and two sites: the flow of the effective action (stage toy), the Fokker-Planck equation
 * (stage fokker-planck). Read back from the tables of those stages by the rank that speaks. Blocks as in figures.c.
 */
#include "src/report/report.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 12, LEVELS = 6, FRAMES = 5 };

/* The numbers of a CSV file, without the column of names where rows are chosen by it. */
typedef struct {
  int64_t rows, room;
  int columns;
  double *value;
  const char *name; /* rows that begin with it; NULL: all */
} table;

static PetscErrorCode add_line(const char *line, void *context)
{
  PetscFunctionBeginUser;
  table *t = context;
  int column = 0;
  double *row;
  if (t->name && strncmp(line, t->name, strlen(t->name))) PetscFunctionReturn(0);
  if (t->name) line += strlen(t->name) + 1;
  if (t->rows == t->room) {
    row = realloc(t->value, (size_t)(t->room = 2 * t->room + 1024) * MOST_COLUMNS * sizeof *row);
    PetscCheck(row, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory");
    t->value = row;
  }
  row = t->value + t->rows++ * MOST_COLUMNS;
  for (char *end; column < MOST_COLUMNS; line = end + 1) {
    row[column] = strtod(line, &end);
    if (end == line) break;
    column++;
    if (*end != ',') break;
  }
  t->columns = column;
  PetscFunctionReturn(0);
}

/* Rows of a table in the run's directory, those that begin with `name` if that is given; none on ranks that do not
 * speak. */
static PetscErrorCode read_table(const sq_report *r, const char *file, const char *name, table *t)
{
  PetscFunctionBeginUser;
  *t = (table){.name = name};
  PetscCall(sq_report_lines(r, file, add_line, t));
  PetscFunctionReturn(0);
}

static const double *row_of(const table *t, int64_t i)
{
  return t->value + i * MOST_COLUMNS;
}

/* The end of the rows that share the first `columns` numbers with row `first`. */
static int64_t block_end(const table *t, int64_t first, int columns)
{
  int64_t end = first + 1;
  while (end < t->rows && !memcmp(row_of(t, end), row_of(t, first), (size_t)columns * sizeof(double))) end++;
  return end;
}

static int64_t count_blocks(const table *t, int columns)
{
  int64_t blocks = 0;
  for (int64_t i = 0; i < t->rows; i = block_end(t, i, columns)) blocks++;
  return blocks;
}

/* ---- toy ---- */

enum { TOY_S, TOY_PHI, TOY_ACTION, TOY_DRIFT, TOY_LEARNED_ACTION, TOY_LEARNED_DRIFT };

/* One level: phi over the root mean square, S_eff less its least, drift times the root mean square, both of them
 * learned. */
static PetscErrorCode add_level(const table *t, int64_t first, int64_t end, sq_text *out)
{
  PetscFunctionBeginUser;
  double norm = 0, square = 0, least = INFINITY, width;
  for (int64_t i = first; i < end; i++) {
    const double *row = row_of(t, i);
    norm += exp(-row[TOY_ACTION]);
    square += exp(-row[TOY_ACTION]) * row[TOY_PHI] * row[TOY_PHI];
    least = fmin(least, row[TOY_ACTION]);
  }
  width = sqrt(square / norm);
  PetscCall(sq_text_add(out, "# s = %.3g\n", row_of(t, first)[TOY_S]));
  for (int64_t i = first; i < end; i++) {
    const double *row = row_of(t, i);
    PetscCall(sq_text_add(out, "%.5g %.5g %.5g %.5g %.5g\n", row[TOY_PHI] / width, row[TOY_ACTION] - least,
                          row[TOY_DRIFT] * width, row[TOY_LEARNED_ACTION] - least, row[TOY_LEARNED_DRIFT] * width));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_density(const sq_report *r, const char *name, sq_text *out)
{
  PetscFunctionBeginUser;
  table t;
  PetscCall(read_table(r, "toy_histogram.csv", name, &t));
  PetscCall(sq_text_add(out, "# %s\n", name));
  for (int64_t i = 0; i < t.rows; i++)
    PetscCall(sq_text_add(out, "%.5g %.5g %.5g %.3g\n", row_of(&t, i)[0], row_of(&t, i)[1], row_of(&t, i)[2],
                          row_of(&t, i)[3]));
  PetscCall(sq_text_add(out, t.rows ? "\n\n" : "0 NaN NaN NaN\n\n\n"));
  free(t.value);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_toy_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  table t;
  int64_t block = 0, shown = 0, blocks;
  PetscCall(read_table(r, "toy.csv", NULL, &t));
  blocks = count_blocks(&t, 1);
  for (int64_t i = 0, end; i < t.rows; i = end, block++) {
    end = block_end(&t, i, 1);
    if (block * (LEVELS - 1) < shown * (blocks - 1)) continue;
    PetscCall(add_level(&t, i, end, out));
    shown++;
  }
  if (t.rows) PetscCall(add_density(r, "generated", out));
  if (t.rows) PetscCall(add_density(r, "corrected", out));
  free(t.value);
  PetscFunctionReturn(0);
}

/* ---- Fokker-Planck ---- */

/* One frame, as a density of phi_0: two sites are summed over the other. Rows: alpha, time, phi_0, [phi_1,] density,
 * equilibrium, walkers, error. */
static PetscErrorCode add_frame(const table *t, int64_t first, int64_t end, sq_text *out)
{
  PetscFunctionBeginUser;
  int at = t->columns - 4; /* of the density */
  double width = 1;
  if (at == 4) width = row_of(t, first + 1)[3] - row_of(t, first)[3];
  PetscCall(sq_text_add(out, "# time %.3g\n", row_of(t, first)[1]));
  for (int64_t i = first, next; i < end; i = next) {
    double sum[4] = {0};
    next = at == 4 ? block_end(t, i, 3) : i + 1;
    for (int64_t k = i; k < next; k++)
      for (int c = 0; c < 4; c++) sum[c] += c < 3 ? width * row_of(t, k)[at + c] : pow(width * row_of(t, k)[at + c], 2);
    PetscCall(sq_text_add(out, "%.5g %.5g %.5g %.5g %.3g\n", row_of(t, i)[2], sum[0], sum[1], sum[2], sqrt(sum[3])));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_frames(const sq_report *r, sq_text *out, bool *any)
{
  PetscFunctionBeginUser;
  table t;
  int64_t block = 0, shown = 0, blocks;
  PetscCall(read_table(r, "fokker_planck.csv", NULL, &t));
  *any = t.rows > 0;
  if (*any) t.rows = block_end(&t, 0, 1); /* the first alpha */
  blocks = count_blocks(&t, 2);
  for (int64_t i = 0, end; i < t.rows; i = end, block++) {
    end = block_end(&t, i, 2);
    if (block * (FRAMES - 1) < shown * (blocks - 1)) continue;
    PetscCall(add_frame(&t, i, end, out));
    shown++;
  }
  free(t.value);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fokker_planck_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  enum { ALPHA, TIME, ENTROPY = 5 };
  table t;
  bool any;
  PetscCall(add_frames(r, out, &any));
  if (!any) PetscFunctionReturn(0);
  PetscCall(read_table(r, "fokker_planck_times.csv", NULL, &t));
  for (int64_t i = 0, end; i < t.rows; i = end) {
    end = block_end(&t, i, 1);
    PetscCall(sq_text_add(out, "# alpha = %.3g\n", row_of(&t, i)[ALPHA]));
    for (int64_t k = i; k < end; k++)
      PetscCall(sq_text_add(out, "%.6g %.6g\n", row_of(&t, k)[TIME], row_of(&t, k)[ENTROPY]));
    PetscCall(sq_text_add(out, "\n\n"));
  }
  free(t.value);
  PetscFunctionReturn(0);
}

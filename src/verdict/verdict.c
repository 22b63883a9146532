/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of verdicts: its rows, the log, verdicts.csv; and what the stages that make ensembles say at their end. */
#include "src/verdict/verdict.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* ---- the list ---- */

static PetscErrorCode grow(sq_verdicts *v)
{
  PetscFunctionBeginUser;
  sq_verdict *row;
  int room = v->room ? 2 * v->room : 16;
  if (v->count < v->room) PetscFunctionReturn(0);
  PetscCall(sq_alloc(room, &row));
  if (v->count) memcpy(row, v->row, (size_t)v->count * sizeof *row);
  sq_free(&v->row);
  v->row = row;
  v->room = room;
  PetscFunctionReturn(0);
}

static PetscErrorCode add(sq_verdicts *v, const char *ensemble, const char *check, sq_verdict verdict,
                          const char *format, va_list words)
{
  PetscFunctionBeginUser;
  char text[1024];
  PetscCall(grow(v));
  sq_verdict *row = &v->row[v->count];
  *row = verdict;
  snprintf(row->ensemble, sizeof row->ensemble, "%s", ensemble);
  snprintf(row->check, sizeof row->check, "%s", check);
  vsnprintf(text, sizeof text, format, words);
  PetscCall(sq_alloc(strlen(text) + 1, &row->sentence));
  memcpy(row->sentence, text, strlen(text) + 1);
  v->count++;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_verdict_add(sq_verdicts *v, const char *ensemble, const char *check, double value, double limit,
                              bool passed, const char *format, ...)
{
  PetscFunctionBeginUser;
  va_list words;
  va_start(words, format);
  PetscErrorCode status = add(v, ensemble, check, (sq_verdict){.value = value, .limit = limit, .passed = passed},
                              format, words);
  va_end(words);
  PetscCall(status);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_verdict_note(sq_verdicts *v, const char *ensemble, const char *check, double value, double limit,
                               const char *format, ...)
{
  PetscFunctionBeginUser;
  va_list words;
  va_start(words, format);
  PetscErrorCode status = add(
    v, ensemble, check, (sq_verdict){.value = value, .limit = limit, .passed = true, .note = true}, format, words);
  va_end(words);
  PetscCall(status);
  PetscFunctionReturn(0);
}

const char *sq_verdict_word(const sq_verdict *row)
{
  return row->note ? "note" : row->passed ? "passed" : "FAILED";
}

PetscErrorCode sq_verdicts_judge(const sq_run *run, const sq_ensemble *ensembles, int count, sq_verdicts *v)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < count; i++)
    for (sq_verdict_check *const *check = sq_verdict_checks; *check; check++)
      PetscCall((*check)(run, &ensembles[i], v));
  PetscFunctionReturn(0);
}

bool sq_verdicts_trusted(const sq_verdicts *v, const char *ensemble)
{
  for (int i = 0; i < v->count; i++)
    if (!v->row[i].passed && !strcmp(v->row[i].ensemble, ensemble)) return false;
  return true;
}

void sq_verdicts_log(const sq_verdicts *v, int first, const char *prefix)
{
  for (const sq_verdict *row = v->row + first; row < v->row + v->count; row++)
    sq_log(row->passed ? SQ_INFO : SQ_WARN, "%s%s: %s", prefix, row->ensemble, row->sentence);
}

void sq_verdicts_clear(sq_verdicts *v)
{
  for (int i = 0; i < v->count; i++) sq_free(&v->row[i].sentence);
  sq_free(&v->row);
  *v = (sq_verdicts){0};
}

/* ---- the table ---- */

/* Sentences have commas and no quotes of this kind. */
static PetscErrorCode add_row(const sq_verdict *row, sq_table *table)
{
  PetscFunctionBeginUser;
  sq_text quoted = {0};
  PetscCall(sq_text_add(&quoted, "\"%s\"", row->sentence));
  PetscCall(sq_table_add(table, SQ_ROW(SQ_CELL("ensemble", (const char *)row->ensemble),
                                       SQ_CELL("check", (const char *)row->check), SQ_CELL("value", row->value),
                                       SQ_CELL("limit", row->limit), SQ_CELL("verdict", sq_verdict_word(row)),
                                       SQ_CELL("text", quoted.text))));
  sq_text_clear(&quoted);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_verdicts_write(const sq_run *run, const sq_verdicts *v)
{
  PetscFunctionBeginUser;
  static const sq_column columns[] = {
    {"ensemble", "%s"}, {"check", "%s"}, {"value", "%.6g"}, {"limit", "%.6g"}, {"verdict", "%s"}, {"text", "%s"}, {0}};
  sq_table table;
  PetscCall(sq_table_begin(columns, &table));
  for (int i = 0; i < v->count; i++) PetscCall(add_row(&v->row[i], &table));
  PetscCall(sq_run_write(run, "verdicts.csv", &table.text));
  PetscFunctionReturn(0);
}

/* ---- at the end of a stage ---- */

static PetscErrorCode add_estimates(const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  char text[64], tau[64];
  PetscCall(sq_text_add(out, "%-16s  %18s  tau_int of configurations\n", e->name, "value"));
  for (int i = 0; i < e->table.count; i++) {
    const sq_estimate *x = &e->table.row[i].estimate;
    sq_value_text(x, text, sizeof text);
    sq_tau_text(x, tau, sizeof tau);
    PetscCall(sq_text_add(out, "  %-14s  %18s  %s\n", e->table.row[i].name, text, tau));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_verdict_table(const sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  sq_ensemble ensembles[SQ_IO_GROUPS] = {0};
  sq_verdicts v = {0};
  sq_text rows = {0};
  int count;
  PetscCall(sq_run_reading(run, path, ensembles, &count));
  if (count) PetscCall(add_estimates(&ensembles[0], &rows));
  if (rows.text) sq_info("%s", rows.text);
  PetscCall(sq_verdicts_judge(run, ensembles, count, &v));
  sq_verdicts_log(&v, 0, "verdict: ");
  sq_verdicts_clear(&v);
  sq_text_clear(&rows);
  PetscFunctionReturn(0);
}

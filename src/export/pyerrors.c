/* SPDX-License-Identifier: BSD-3-Clause */
/* The format pyerrors: JSON as pyerrors' load_json reads it (F. Joswig, S. Kuberski, J. T. Kuhlmann, J. Neuendorf,
 * Comput. Phys. Commun. 288 (2023) 108750; version 1.1 of the format): a list of observables for every group, whose
 * replicas are the chains. */
#include "src/export/export.h"
#include <string.h>

typedef struct {
  sq_out out;
  int groups; /* so far */
} writer;

/* The columns whose numbers are all finite: which, and their means. */
typedef struct {
  int count, column[SQ_EXPORT_COLUMNS];
  double mean[SQ_EXPORT_COLUMNS];
} choice;

static void choose(const sq_export_series *s, choice *of)
{
  of->count = 0;
  for (int c = 0; c < s->columns; c++) {
    of->column[of->count] = c;
    if (sq_export_mean(s, c, &of->mean[of->count])) of->count++;
    else sq_warn("export: %s of %s is left out: some of its numbers are none", s->column[c], s->name);
  }
}

static void add_chain(sq_out *out, const sq_export_series *s, const choice *of, const char *id, int r, int64_t at)
{
  sq_out_print(out, "%s\n     {\"name\": \"%s|r%d\", \"deltas\": [", r ? "," : "", id, s->label[r]);
  for (int64_t i = at; i < at + s->length[r]; i++) {
    sq_out_print(out, "%s\n      [%lld", i > at ? "," : "", (long long)s->trajectory[i]);
    for (int k = 0; k < of->count; k++) sq_out_print(out, ", %.17g", s->value[of->column[k]][i] - of->mean[k]);
    sq_out_print(out, "]");
  }
  sq_out_print(out, "]}");
}

static PetscErrorCode add_group(void *self, const sq_records_info *info, int group, const sq_export_series *s)
{
  PetscFunctionBeginUser;
  writer *w = self;
  sq_out *out = &w->out;
  choice of;
  char id[SQ_EXPORT_ID];
  if (!s->count) PetscFunctionReturn(0);
  choose(s, &of);
  sq_export_id(info, group, id);
  sq_out_print(out, "%s\n  {\"type\": \"List\", \"layout\": \"%d\",\n   \"tag\": [", w->groups++ ? "," : "", of.count);
  for (int k = 0; k < of.count; k++) sq_out_print(out, "%s\"%s\"", k ? ", " : "", s->column[of.column[k]]);
  sq_out_print(out, "],\n   \"value\": [");
  for (int k = 0; k < of.count; k++) sq_out_print(out, "%s%.17g", k ? ", " : "", of.mean[k]);
  sq_out_print(out, "],\n   \"data\": [{\"id\": \"%s\", \"replica\": [", id);
  for (int64_t r = 0, at = 0; r < s->chains; at += s->length[r++]) add_chain(out, s, &of, id, (int)r, at);
  sq_out_print(out, "]}]}");
  PetscFunctionReturn(0);
}

/* What stands before the numbers. */
static PetscErrorCode begin(const sq_export *e, sq_out *out)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  char *deck, extents[64];
  PetscCall(sq_file_about(MPI_COMM_SELF, e->from, &info, &deck));
  sq_extents_text(info.dim, info.extent + SQ_DIM - info.dim, extents, sizeof extents);
  sq_out_print(out, "{\"program\": \"");
  sq_out_escaped(out, SQ_OUT_JSON, sq_version());
  sq_out_print(out, "\", \"version\": \"1.1\",\n \"description\": {\"action\": \"");
  sq_out_escaped(out, SQ_OUT_JSON, info.action);
  sq_out_print(out, "\", \"extents\": \"%s\", \"seed\": \"%llu\", \"lists\": [", extents,
               (unsigned long long)info.seed);
  for (int g = 0, n = 0; g < info.groups; g++)
    if (info.group[g].count) sq_out_print(out, "%s\"%s\"", n++ ? ", " : "", info.group[g].name);
  sq_out_print(out, "],\n  \"deck\": \"");
  sq_out_escaped(out, SQ_OUT_JSON, deck);
  sq_out_print(out, "\"},\n \"obsdata\": [");
  sq_free(&deck);
  PetscFunctionReturn(0);
}

static PetscErrorCode records(const sq_export *e)
{
  PetscFunctionBeginUser;
  writer w = {0};
  PetscCall(sq_out_open(e->to, true, &w.out));
  PetscErrorCode code = begin(e, &w.out);
  if (!code) code = sq_export_each_series(e, true, &w, add_group);
  sq_out_print(&w.out, "]}\n");
  PetscCall(sq_out_close(&w.out, code));
  PetscFunctionReturn(0);
}

const sq_export_format sq_export_pyerrors = {.name = "pyerrors",
                                             .ending = ".json.gz",
                                             .summary = "series as observables of pyerrors, chains as replicas",
                                             .records = records,
                                             .series = true};

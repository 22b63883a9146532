/* SPDX-License-Identifier: BSD-3-Clause */
/* The format dobs: XML of the ALPHA collaboration's analysis programs, as read_dobs of pyerrors and pyobs take it: the
 * means of all observables, and for every replica of every ensemble the deviations from them.
 *
 * Readers take a deviation of 0, and a number that is 0, for one that is not known: there the next smallest deviation
 * is written. An observable has zeros, as it should, in ensembles that it is not of.
 */
#include "src/export/export.h"
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  sq_out out;
  int groups, before, all; /* ensembles so far; observables of those before; of all */
  int count[SQ_IO_GROUPS], column[SQ_IO_GROUPS][SQ_EXPORT_COLUMNS];
  double mean[SQ_IO_GROUPS][SQ_EXPORT_COLUMNS];
  sq_text names;
} writer;

static double deviation(double x, double mean)
{
  double delta = x - mean;
  if (delta + mean == 0) delta = nextafter(delta, 0);
  return delta == 0 ? DBL_MIN : delta;
}

/* Which columns there are, and their means. */
static PetscErrorCode look_at(void *self, const sq_records_info *info, int g, const sq_export_series *s)
{
  PetscFunctionBeginUser;
  writer *w = self;
  (void)info;
  for (int c = 0; c < s->columns && s->count; c++) {
    w->column[g][w->count[g]] = c;
    if (!sq_export_mean(s, c, &w->mean[g][w->count[g]])) continue;
    w->count[g]++;
    PetscCall(sq_text_add(&w->names, " %s.%s", s->name, s->column[c]));
  }
  w->groups += w->count[g] > 0;
  w->all += w->count[g];
  PetscFunctionReturn(0);
}

static void add_head(writer *w, const sq_export *e)
{
  const char *name = strrchr(e->from, '/');
  sq_out *out = &w->out;
  sq_out_print(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<OBSERVABLES>\n  <SCHEMA>\n    <NAME> lattobs "
                    "</NAME>\n"
                    "    <VERSION> 1.0 </VERSION>\n  </SCHEMA>\n  <origin>\n    <who> - </who>\n    <date> - </date>\n"
                    "    <host> - </host>\n    <tool>\n      <name> squall </name>\n      <version> ");
  sq_out_escaped(out, SQ_OUT_XML, sq_version());
  sq_out_print(out, " </version>\n    </tool>\n  </origin>\n  <dobs>\n    <spec> dobs v1.0 </spec>\n    <origin> "
                    "squall "
                    "</origin>\n    <name> ");
  sq_out_escaped(out, SQ_OUT_XML, name ? name + 1 : e->from);
  sq_out_print(out,
               " </name>\n    <array>\n      <id> val </id>\n      <layout> 1 f%d </layout>\n      <symbol>%s "
               "</symbol>\n",
               w->all, w->names.text ? w->names.text : "");
  for (int g = 0; g < SQ_IO_GROUPS; g++)
    for (int k = 0; k < w->count[g]; k++) sq_out_print(out, " %.16e", w->mean[g][k]);
  sq_out_print(out, "\n    </array>\n    <ne> %d </ne>\n    <nc> 0 </nc>\n", w->groups);
}

static void add_chain(writer *w, const sq_export_series *s, int g, int64_t at, int64_t length)
{
  sq_out *out = &w->out;
  for (int64_t i = at; i < at + length; i++) {
    sq_out_print(out, "%lld", (long long)s->trajectory[i]);
    for (int k = 0; k < w->before; k++) sq_out_print(out, " 0");
    for (int k = 0; k < w->count[g]; k++)
      sq_out_print(out, " %.16e", deviation(s->value[w->column[g][k]][i], w->mean[g][k]));
    for (int k = w->before + w->count[g]; k < w->all; k++) sq_out_print(out, " 0");
    sq_out_print(out, "\n");
  }
}

static PetscErrorCode add_group(void *self, const sq_records_info *info, int g, const sq_export_series *s)
{
  PetscFunctionBeginUser;
  writer *w = self;
  char id[SQ_EXPORT_ID];
  if (!w->count[g]) PetscFunctionReturn(0);
  sq_export_id(info, g, id);
  sq_out_print(&w->out, "    <edata>\n      <enstag> %s </enstag>\n      <nr> %d </nr>\n", id, s->chains);
  for (int64_t r = 0, at = 0; r < s->chains; at += s->length[r++]) {
    sq_out_print(&w->out, "      <array>\n        <id> %sr%d </id>\n        <layout> %lld i f%d </layout>\n", id,
                 s->label[r], (long long)s->length[r], w->all);
    add_chain(w, s, g, at, s->length[r]);
    sq_out_print(&w->out, "      </array>\n");
  }
  sq_out_print(&w->out, "    </edata>\n");
  w->before += w->count[g];
  PetscFunctionReturn(0);
}

static PetscErrorCode write(const sq_export *e, writer *w)
{
  PetscFunctionBeginUser;
  PetscCall(sq_export_each_series(e, true, w, look_at));
  PetscCall(sq_out_open(e->to, true, &w->out));
  add_head(w, e);
  PetscErrorCode code = sq_export_each_series(e, true, w, add_group);
  sq_out_print(&w->out, "  </dobs>\n</OBSERVABLES>\n");
  PetscCall(sq_out_close(&w->out, code));
  PetscFunctionReturn(0);
}

static PetscErrorCode records(const sq_export *e)
{
  PetscFunctionBeginUser;
  writer *w;
  PetscCall(sq_alloc(1, &w));
  PetscErrorCode code = write(e, w);
  sq_text_clear(&w->names);
  sq_free(&w);
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_export_format sq_export_dobs = {.name = "dobs",
                                         .ending = ".xml.gz",
                                         .summary = "series as ALPHA's XML, chains as replicas",
                                         .records = records,
                                         .series = true};

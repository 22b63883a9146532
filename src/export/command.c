/* SPDX-License-Identifier: BSD-3-Clause */
/* The command export: what stands on the command line, what it is, which format takes it, and where the files go. */
#include "src/export/export.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- words ---- */

static const char *name_of(int index)
{
  return sq_export_formats[index] ? sq_export_formats[index]->name : NULL;
}

static PetscErrorCode read_range(MPI_Comm world, const char *text, sq_export *e)
{
  PetscFunctionBeginUser;
  char *end;
  if (!text) PetscFunctionReturn(0);
  e->first = e->last = strtoll(text, &end, 10);
  bool fine = end > text && e->first >= 0;
  if (fine && *end == ':') {
    const char *second = end + 1;
    e->last = strtoll(second, &end, 10);
    fine = end > second;
  }
  SqCheck(fine && !*end && e->last >= e->first, world, SQ_ERR_INPUT,
          "export: --records %s: that is FIRST:LAST, numbers of records from 0, or one number", text);
  PetscFunctionReturn(0);
}

/* ---- one file ---- */

/* What an earlier export has made may be made anew. Nothing else loses its place: neither the file that is exported nor
 * another one of a run, nor a device. */
static PetscErrorCode check_place(const sq_export_format *f, const char *to)
{
  PetscFunctionBeginUser;
  struct stat about;
  const size_t length = strlen(to), ending = strlen(f->ending);
  if (stat(to, &about)) PetscFunctionReturn(0);
  SqCheck(S_ISREG(about.st_mode) && length > ending && !strcmp(to + length - ending, f->ending), MPI_COMM_SELF,
          SQ_ERR_INPUT, "export: %s is there and is no file *%s, as the format %s makes them: choose another --output",
          to, f->ending, f->name);
  PetscFunctionReturn(0);
}

static PetscErrorCode convert(const sq_export_format *f, const sq_export *e, const sq_records_info *about)
{
  PetscFunctionBeginUser;
  PetscCall(check_place(f, e->to));
  if (f->records && about->groups) PetscCall(f->records(e));
  else if (f->model && !strcmp(about->kind, "model")) PetscCall(f->model(e));
  else
    SqFail(MPI_COMM_SELF, SQ_ERR_INPUT, "%s is a file of kind %s: the format %s is for %s", e->from, about->kind,
           f->name, f->model ? "models (model.h5)" : "files of fields (ensemble.h5, samples.h5, corrected.h5)");
  sq_info("export: %s", e->to);
  PetscFunctionReturn(0);
}

/* Series are of fields that are one ensemble: not of fields on their way through levels of noise. */
static bool suits(const sq_export_format *f, const sq_records_info *about)
{
  const bool ensemble = !strcmp(about->kind, "ensemble") || !strcmp(about->kind, "samples");
  if (about->groups) return f->records && (ensemble || !f->series) && strcmp(about->kind, "thermalisation") != 0;
  return f->model && !strcmp(about->kind, "model");
}

static PetscErrorCode export_file(const sq_export_format *f, sq_export *e, const char *output)
{
  PetscFunctionBeginUser;
  sq_records_info about;
  char *deck, to[SQ_PATH];
  PetscCall(sq_file_about(MPI_COMM_SELF, e->from, &about, &deck));
  sq_free(&deck);
  SqCheck(!f->series || !about.groups || suits(f, &about), MPI_COMM_SELF, SQ_ERR_INPUT,
          "%s is a file of kind %s: the format %s is for ensembles and samples", e->from, about.kind, f->name);
  const size_t length = strlen(e->from), ending = length > 3 && !strcmp(e->from + length - 3, ".h5") ? 3 : 0;
  if (output) snprintf(to, sizeof to, "%s", output);
  else snprintf(to, sizeof to, "%.*s%s", (int)PetscMin(length - ending, 900), e->from, f->ending);
  e->to = to;
  PetscCall(convert(f, e, &about));
  PetscFunctionReturn(0);
}

/* ---- a run ---- */

static int is_hdf5(const struct dirent *entry)
{
  const size_t length = strlen(entry->d_name);
  return length > 3 && !strcmp(entry->d_name + length - 3, ".h5");
}

/* A file of the run's directory, if the format is for it. */
static PetscErrorCode export_one_of(const sq_export_format *f, const sq_export *run, const char *name, int *files)
{
  PetscFunctionBeginUser;
  char from[SQ_PATH], to[SQ_PATH], *deck;
  sq_records_info about;
  sq_export e = *run;
  snprintf(from, sizeof from, "%.700s/%.255s", run->from, name);
  snprintf(to, sizeof to, "%.700s/%.*s%s", run->to, (int)strlen(name) - 3, name, f->ending);
  e.from = from;
  e.to = to;
  PetscCall(sq_file_about(MPI_COMM_SELF, from, &about, &deck));
  sq_free(&deck);
  if (!suits(f, &about)) PetscFunctionReturn(0);
  PetscCall(convert(f, &e, &about));
  ++*files;
  PetscFunctionReturn(0);
}

/* The tables of a run are no place for tables made of them, which have some of their names. */
static PetscErrorCode make_place(const sq_export_format *f, const char *from, const char *to)
{
  PetscFunctionBeginUser;
  struct stat run, place;
  PetscCall(sq_make_directory(MPI_COMM_SELF, to));
  const bool same = !stat(from, &run) && !stat(to, &place) && run.st_dev == place.st_dev && run.st_ino == place.st_ino;
  SqCheck(!f->run || !same, MPI_COMM_SELF, SQ_ERR_INPUT,
          "export: the tables of %s would take the place of those of the run: choose another --output", to);
  PetscFunctionReturn(0);
}

static PetscErrorCode export_run(const sq_export_format *f, sq_export *e, const char *output)
{
  PetscFunctionBeginUser;
  char to[SQ_PATH];
  struct dirent **entry = NULL;
  int files = 0;
  if (output) snprintf(to, sizeof to, "%s", output);
  else snprintf(to, sizeof to, f->beside ? "%.900s" : "%.900s/export", e->from);
  e->to = to;
  const int count = scandir(e->from, &entry, is_hdf5, alphasort);
  PetscErrorCode code = make_place(f, e->from, to);
  for (int i = 0; i < count && !code; i++) code = export_one_of(f, e, entry[i]->d_name, &files);
  for (int i = 0; i < count; i++) free(entry[i]);
  free(entry);
  if (!code && f->run) code = f->run(e);
  PetscCall(code);
  SqCheck(files, MPI_COMM_SELF, SQ_ERR_INPUT, "%s has no file for the format %s", e->from, f->name);
  PetscFunctionReturn(0);
}

/* ---- the command ---- */

static PetscErrorCode export_all(const sq_export_format *f, sq_export *e, const char *output)
{
  PetscFunctionBeginUser;
  struct stat about;
  const bool is_run = !stat(e->from, &about) && S_ISDIR(about.st_mode);
  SqCheck(strlen(e->from) < 700 && (!output || strlen(output) < 700), MPI_COMM_SELF, SQ_ERR_INPUT,
          "export: paths of at most 700 bytes, please");
  PetscCall((is_run ? export_run : export_file)(f, e, output));
  PetscFunctionReturn(0);
}

static PetscErrorCode export(MPI_Comm world, const sq_words *words)
{
  PetscFunctionBeginUser;
  const char *to = sq_words_value(words, "--to");
  PetscErrorCode here = 0, code;
  SqCheck(words->operands == 1 && to, world, SQ_ERR_INPUT,
          "usage: squall export FILE|RUN_DIR --to FORMAT [--output PATH] [--records FIRST:LAST]");
  sq_export e = {.from = words->operand[0], .last = -1};
  PetscCall(read_range(world, sq_words_value(words, "--records"), &e));
  const sq_export_format *f = sq_export_formats[sq_find_name(name_of, to)];
  SqCheck(f->some || e.last < 0, world, SQ_ERR_INPUT,
          "export: --records is for fields one by one (npz, vtk, xdmf): the format %s takes all of a file", f->name);
  if (sq_log_speaks()) here = export_all(f, &e, sq_words_value(words, "--output"));
  PetscCall(sq_worst_status(world, here, &code));
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_command sq_export_command = {
  .name = "export",
  .place = SQ_PLACE_LAST,
  .usage = "FILE|RUN_DIR --to FORMAT",
  .summary = "fields, series, tables and weights for other programs: NumPy, pyerrors, ParaView, CSV, safetensors",
  .options = SQ_OPTIONS(
    {.name = "--to", .value = "FORMAT", .help = "what to make (doc/export.md)", .names = name_of},
    {.name = "--output",
     .value = "PATH",
     .help = "the file to make, of a run the directory; by default beside FILE, in RUN_DIR/export"},
    {.name = "--records", .value = "FIRST:LAST", .help = "of every group of fields, from 0 (npz, vtk, xdmf)"}),
  .files = export,
  .serial = true};

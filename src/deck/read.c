/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a deck on many ranks: rank 0 reads the file and owns the command line; all ranks parse the same bytes, so
 * they agree on every value and every error without asking each other again. */
#include "internal.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the file ---- */

/* Reads a regular file of at most SQ_DECK_BYTES; NULL or what is wrong. text has one byte more, for the closing NUL. */
static const char *read_bytes(const char *path, char text[SQ_DECK_BYTES + 1], size_t *length)
{
  struct stat about;
  if (stat(path, &about)) return strerror(errno);
  if (S_ISDIR(about.st_mode)) return "is a directory, not a deck";
  if (!S_ISREG(about.st_mode)) return "is not a regular file";
  FILE *file = fopen(path, "rb");
  if (!file) return strerror(errno);
  *length = fread(text, 1, SQ_DECK_BYTES + 1, file);
  bool failed = ferror(file);
  fclose(file);
  if (failed) return "cannot be read";
  if (*length > SQ_DECK_BYTES) return "is larger than 1 MiB: is it a deck?";
  if (*length >= 2 && (!memcmp(text, "\xFF\xFE", 2) || !memcmp(text, "\xFE\xFF", 2)))
    return "is UTF-16 (or UTF-32): save it as UTF-8";
  if (memchr(text, '\0', *length))
    return "contains NUL bytes: is it a deck? If its encoding is UTF-16, save it as UTF-8";
  if (!*length) return "is empty";
  text[*length] = '\0';
  return NULL;
}

/* text (sq_free): the file on all ranks. Collective. */
static PetscErrorCode read_file(MPI_Comm comm, const char *path, char **text)
{
  PetscFunctionBeginUser;
  int rank;
  unsigned long long length = 0;
  char problem[128] = "";
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(sq_alloc(SQ_DECK_BYTES + 1, text));
  if (rank == 0) {
    size_t bytes = 0;
    const char *wrong = read_bytes(path, *text, &bytes);
    if (wrong) snprintf(problem, sizeof problem, "%s", wrong);
    length = bytes;
  }
  PetscCallMPI(MPI_Bcast(problem, (int)sizeof problem, MPI_CHAR, 0, comm));
  if (problem[0]) sq_free(text);
  SqCheck(!problem[0], comm, SQ_ERR_INPUT, "deck %s: %s", path, problem);
  PetscCallMPI(MPI_Bcast(&length, 1, MPI_UNSIGNED_LONG_LONG, 0, comm));
  PetscCallMPI(MPI_Bcast(*text, (int)length + 1, MPI_CHAR, 0, comm));
  PetscFunctionReturn(0);
}

/* ---- the command line ---- */

/* Rank 0's words on all ranks, one after another, each closed by NUL. bytes and words: sq_free. Collective. */
static PetscErrorCode share_words(MPI_Comm comm, int *count, const char *const *words, char **bytes,
                                  const char ***shared)
{
  PetscFunctionBeginUser;
  int rank, size[2] = {*count, 0};
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int i = 0; i < *count; i++) size[1] += (int)strlen(words[i]) + 1;
  PetscCallMPI(MPI_Bcast(size, 2, MPI_INT, 0, comm));
  PetscCall(sq_alloc(size[1], bytes));
  PetscCall(sq_alloc(size[0], shared));
  char *end = *bytes;
  for (int i = 0; rank == 0 && i < *count; i++) end = stpcpy(end, words[i]) + 1;
  PetscCallMPI(MPI_Bcast(*bytes, size[1], MPI_CHAR, 0, comm));
  end = *bytes;
  for (int i = 0; i < size[0]; i++) {
    (*shared)[i] = end;
    end += strlen(end) + 1;
  }
  *count = size[0];
  PetscFunctionReturn(0);
}

/* ---- the whole ---- */

/* Whatever is chosen: a key of all alternatives is, too. */
static bool must_be_given(const sq_deck_entry *entry)
{
  int tables = 0;
  if (entry->param->fallback) return false;
  while (entry->alternatives && entry->alternatives->more(tables)) tables++;
  return !entry->alternatives || entry->tables == tables;
}

/* What must be given and is not. After a syntax error nobody knows. */
static void report_missing(sq_deck *deck)
{
  char allowed[SQ_DECK_PHRASE];
  for (int i = 0; i < deck->entries && !deck->broken; i++) {
    const sq_deck_entry *entry = &deck->entry[i];
    if (!must_be_given(entry) || entry->line || entry->overridden) continue;
    const sq_deck_section *section = sq_deck_find_section(deck, entry->param->section);
    sq_param_allowed(entry->param, allowed);
    sq_deck_complain(deck, (sq_deck_place){.line = section->line, .column = section->column}, entry->param->section,
                     entry->param->key, "missing; it must be given: %s", allowed);
  }
}

static PetscErrorCode note_places(sq_deck *deck)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < deck->entries; i++) {
    sq_deck_entry *entry = &deck->entry[i];
    size_t size = strlen(deck->name) + 2 * SQ_DECK_NAME + 32;
    if (!entry->line && !entry->overridden) continue;
    PetscCall(sq_alloc(size, &entry->where));
    if (entry->overridden) snprintf(entry->where, size, "-%s_%s", entry->param->section, entry->param->key);
    else snprintf(entry->where, size, "%s:%d:%d", deck->name, entry->line, entry->column);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode fill(sq_deck *deck, const char *text, int count, const char *const *words)
{
  PetscFunctionBeginUser;
  if (text) PetscCall(sq_deck_fill_from_yaml(deck, text, strlen(text)));
  PetscCall(sq_deck_fill_from_options(deck, count, words));
  report_missing(deck);
  PetscCall(note_places(deck));
  PetscFunctionReturn(0);
}

/* Names of files on all ranks as rank 0's environment has them. Collective. */
static PetscErrorCode expand_paths(MPI_Comm comm, sq_deck *deck)
{
  PetscFunctionBeginUser;
  char text[SQ_DECK_PATH], why[SQ_DECK_PHRASE];
  for (int i = 0; i < deck->entries; i++) {
    sq_deck_entry *entry = &deck->entry[i];
    const sq_param *param = entry->param;
    if (!param->path || !entry->value.text) continue;
    sq_deck_expand(entry->value.text, text, why);
    sq_deck_place place = {entry->overridden ? entry->where : NULL, entry->line, entry->column};
    if (deck->speaker && why[0]) sq_deck_complain(deck, place, param->section, param->key, "%s", why);
    PetscCallMPI(MPI_Bcast(text, (int)sizeof text, MPI_CHAR, 0, comm));
    sq_free(&entry->value.text);
    PetscCall(sq_deck_copy_text(text, &entry->value.text));
  }
  PetscFunctionReturn(0);
}

/* The last line after all messages; always fails. */
static PetscErrorCode refuse(MPI_Comm comm, sq_deck **deck)
{
  PetscFunctionBeginUser;
  int file = (*deck)->file_errors, options = (*deck)->option_errors;
  char name[SQ_DECK_PHRASE];
  const char *both = file && options ? " and on the command line" : "";
  snprintf(name, sizeof name, "in %s", (*deck)->name);
  PetscCall(sq_deck_destroy(deck));
  SqFail(comm, SQ_ERR_INPUT, "%d error%s %s%s", file + options, file + options > 1 ? "s" : "",
         file ? name : "on the command line", both);
}

PetscErrorCode sq_deck_parse(MPI_Comm comm, const char *name, const char *text, const sq_param *const *tables,
                             int count, const char *const *overrides, sq_deck **deck)
{
  PetscFunctionBeginUser;
  char *bytes;
  const char **words;
  PetscErrorCode worst;
  bool bad;
  int rank;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(share_words(comm, &count, overrides, &bytes, &words));
  PetscErrorCode status = sq_deck_create(name, rank == 0, tables, deck);
  if (!status) status = fill(*deck, text, count, words);
  sq_free(&bytes);
  sq_free(&words);
  PetscCall(sq_worst_status(comm, status, &worst));
  if (worst) PetscCall(sq_deck_destroy(deck));
  PetscCall(worst);
  PetscCall(expand_paths(comm, *deck));
  PetscCall(sq_any_true(comm, (*deck)->file_errors + (*deck)->option_errors > 0, &bad));
  if (bad) PetscCall(refuse(comm, deck));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_read(MPI_Comm comm, const char *path, const sq_param *const *tables, int count,
                            const char *const *overrides, sq_deck **deck)
{
  PetscFunctionBeginUser;
  char *text = NULL;
  *deck = NULL;
  if (path) PetscCall(read_file(comm, path, &text));
  PetscErrorCode status = sq_deck_parse(comm, path ? path : "command line", text, tables, count, overrides, deck);
  sq_free(&text);
  PetscCall(status);
  PetscFunctionReturn(0);
}

/* ---- one value before the others are declared ---- */

/* found: "" if there is none, or nothing can be read. */
static PetscErrorCode peek_here(const char *path, const sq_param *param, int count, const char *const *words,
                                char found[SQ_DECK_PATH])
{
  PetscFunctionBeginUser;
  const sq_param table[] = {*param, {0}}, *const tables[] = {table, NULL};
  char *text, why[SQ_DECK_PHRASE];
  size_t length;
  sq_deck *deck;
  PetscCall(sq_alloc(SQ_DECK_BYTES + 1, &text));
  PetscCall(sq_deck_create("", false, tables, &deck));
  if (path && !read_bytes(path, text, &length)) PetscCall(sq_deck_fill_from_yaml(deck, text, length));
  PetscCall(sq_deck_fill_from_options(deck, count, words));
  const sq_deck_value *value = &sq_deck_find(deck, param->section, param->key)->value;
  if (value->text && param->path) sq_deck_expand(value->text, found, why);
  else if (value->text) snprintf(found, SQ_DECK_PATH, "%s", value->text);
  PetscCall(sq_deck_destroy(&deck));
  sq_free(&text);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_deck_peek(MPI_Comm comm, const char *path, int count, const char *const *overrides,
                            const sq_param *param, char **text)
{
  PetscFunctionBeginUser;
  PetscErrorCode status = 0, worst;
  int rank;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(sq_alloc(SQ_DECK_PATH, text));
  if (rank == 0) status = peek_here(path, param, count, overrides, *text);
  PetscCall(sq_worst_status(comm, status, &worst));
  PetscCall(worst);
  PetscCallMPI(MPI_Bcast(*text, SQ_DECK_PATH, MPI_CHAR, 0, comm));
  if (!(*text)[0]) sq_free(text);
  PetscFunctionReturn(0);
}

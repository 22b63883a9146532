/* SPDX-License-Identifier: BSD-3-Clause */
/* The command watch: how far runs are, a line for every stage, from status.json, the deck and the files in their
 * directories. It only reads. */
#include "src/upkeep/upkeep.h"
#include "src/plan/plan.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WORD = 64, MOST = 4096 };

/* What status.json says. */
typedef struct {
  char stage[WORD], state[WORD], part[WORD], updated[WORD];
  double done, total, seconds;
} status;

/* The rates that were seen while watching; of each directory. */
typedef struct {
  char stage[WORD];
  double done, when, rate; /* units a second; 0: not known yet */
} pace;

/* ---- what there is to read ---- */

/* Reads at most MOST bytes of a file in the directory. */
static bool read_file(const char *directory, const char *name, char text[MOST])
{
  char path[SQ_PATH];
  snprintf(path, sizeof path, "%.900s/%.64s", directory, name);
  FILE *file = fopen(path, "r");
  if (!file) return false;
  size_t n = fread(text, 1, MOST - 1, file);
  text[n] = 0;
  fclose(file);
  return true;
}

/* The value behind "key": of a line that squall wrote; what a terminal would obey is left out. */
static void read_word(const char *text, const char *key, char word[WORD])
{
  char wanted[WORD];
  snprintf(wanted, sizeof wanted, "\"%s\": ", key);
  const char *at = strstr(text, wanted);
  word[0] = 0;
  if (!at) return;
  at += strlen(wanted);
  at += *at == '"';
  size_t n = strcspn(at, "\",}\n");
  snprintf(word, WORD, "%.*s", (int)PetscMin(n, WORD - 1), at);
  for (char *c = word; *c; c++)
    if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7E) *c = '?';
}

static double read_number(const char *text, const char *key)
{
  char word[WORD];
  read_word(text, key, word);
  return strtod(word, NULL);
}

static bool read_status(const char *directory, status *s)
{
  char text[MOST];
  if (!read_file(directory, "status.json", text)) return false;
  read_word(text, "stage", s->stage);
  read_word(text, "state", s->state);
  read_word(text, "part", s->part);
  read_word(text, "updated", s->updated);
  s->done = read_number(text, "done");
  s->total = read_number(text, "total");
  s->seconds = read_number(text, "seconds");
  return true;
}

/* Whether the deck of the run has a section: one that it has not is commented out there. */
static bool has_section(const char *directory, const char *section)
{
  char path[SQ_PATH], line[512];
  const size_t length = strlen(section);
  bool found = false;
  snprintf(path, sizeof path, "%.900s/deck.yaml", directory);
  FILE *file = fopen(path, "r");
  while (file && !found && fgets(line, sizeof line, file))
    found = !strncmp(line, section, length) && line[length] == ':';
  if (file) fclose(file);
  return found;
}

static bool exists(const char *directory, const char *name)
{
  char path[SQ_PATH];
  struct stat about;
  snprintf(path, sizeof path, "%.900s/%.64s", directory, name);
  return !stat(path, &about);
}

/* Whether what a stage makes is there. */
static bool is_made(const char *directory, const sq_stage *stage)
{
  if (stage->done_file) return exists(directory, stage->done_file);
  for (const char *const *f = stage->files; f && *f; f++)
    if (exists(directory, *f)) return true;
  for (const sq_product *p = stage->products; p && p->name; p++)
    if (!strchr(p->name, '*') && exists(directory, p->name)) return true;
  return false;
}

/* ---- saying it ---- */

static double now(void)
{
  return sq_now();
}

/* How long ago status.json was written, in seconds; negative: not known. */
static double age_of(const status *s)
{
  struct tm t = {0};
  if (sscanf(s->updated, "%d-%d-%dT%d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6)
    return -1;
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return difftime(time(NULL), timegm(&t));
}

static void update_pace(pace *p, const status *s)
{
  const double when = now();
  if (strcmp(p->stage, s->stage) != 0 || s->done < p->done) *p = (pace){.done = s->done, .when = when};
  snprintf(p->stage, sizeof p->stage, "%s", s->stage);
  if (s->done <= p->done || when <= p->when) return;
  const double rate = (s->done - p->done) / (when - p->when);
  p->rate = p->rate > 0 ? 0.7 * p->rate + 0.3 * rate : rate;
  p->done = s->done;
  p->when = when;
}

static void print_bar(FILE *out, double share)
{
  enum { CELLS = 20 };
  const int full = (int)(CELLS * PetscMin(PetscMax(share, 0), 1));
  fputc('[', out);
  for (int i = 0; i < CELLS; i++) fputc(i < full ? '#' : '.', out);
  fprintf(out, "] %3.0f %%", 100 * share);
}

static void print_current(FILE *out, const status *s, const pace *p, bool busy)
{
  char clock[SQ_BUDGET_TEXT];
  const double share = s->total > 0 ? s->done / s->total : 0, age = age_of(s);
  if (s->total > 0) print_bar(out, share);
  fprintf(out, "  %.0f", s->done);
  if (s->total > 0) fprintf(out, " of %.0f", s->total);
  if (s->part[0]) fprintf(out, "  %s", s->part);
  if (!strcmp(s->state, "stopped")) fputs("  stopped: the same command goes on", out);
  else if (!busy && age > 30) fprintf(out, "  no squall of this machine is at work, last word %.0f s ago", age);
  else if (p->rate > 0 && s->total > s->done)
    fprintf(out, "  %.3g/s  %s left", p->rate, sq_clock_text((s->total - s->done) / p->rate, clock));
  fputc('\n', out);
}

/* "train" of "gan train": a part of the run is at work. */
static bool is_current(const char *stage, const status *s)
{
  const char *last = strrchr(s->stage, ' ');
  return !strcmp(s->stage, stage) || (last && !strcmp(last + 1, stage));
}

/* Lines printed. */
static int print_run(FILE *out, const char *directory, pace *p, bool *over)
{
  status s = {0};
  int lines = 1;
  const bool told = read_status(directory, &s), busy = sq_upkeep_is_busy(directory),
             ended = !strcmp(s.state, "finished") && !strcmp(s.stage, "run");
  if (told) update_pace(p, &s);
  *over = ended || !strcmp(s.state, "stopped") || (!busy && age_of(&s) > 30);
  fprintf(out, "%s  %s\n", directory, !told ? "nothing is known yet" : ended ? "finished" : s.state);
  for (int i = 0; sq_stages[i]; i++) {
    const sq_stage *stage = sq_stages[i];
    const bool current = told && !ended && is_current(stage->command.name, &s) && strcmp(s.state, "finished") != 0;
    if (!current && (!stage->section || !has_section(directory, stage->section))) continue;
    fprintf(out, "  %-14s ", stage->command.name);
    if (current) print_current(out, &s, p, busy);
    else fputs(ended || is_made(directory, stage) ? "done\n" : "waits\n", out);
    lines++;
  }
  return lines;
}

/* One round over all; over: whether none of them goes on. */
static int print_all(FILE *out, const sq_words *words, pace *paces, bool *over)
{
  int lines = 0;
  *over = true;
  for (int i = 0; i < words->operands; i++) {
    bool one;
    lines += print_run(out, words->operand[i], &paces[i], &one);
    *over = *over && one;
  }
  fflush(out);
  return lines;
}

static PetscErrorCode watch(const sq_words *words, FILE *out, char *message, size_t size)
{
  pace *paces;
  bool over;
  const char *every = sq_words_value(words, "--every");
  const double seconds = every ? strtod(every, NULL) : 3;
  const bool live = !sq_words_value(words, "--once") && isatty(STDOUT_FILENO);
  if (!words->operands || !(seconds >= 0.1 && seconds <= 86400)) {
    snprintf(message, size, "usage: squall watch RUN_DIR... [--once] [--every SECONDS], from 0.1 to 86400");
    return SQ_ERR_INPUT;
  }
  for (int i = 0; i < words->operands; i++) {
    if (strlen(words->operand[i]) < 900 && sq_upkeep_is_run(words->operand[i])) continue;
    snprintf(message, size, "watch: %.700s is not the directory of a run: it has no deck.yaml of one",
             words->operand[i]);
    return SQ_ERR_INPUT;
  }
  if (sq_alloc(words->operands, &paces)) return PETSC_ERR_MEM;
  int lines = print_all(out, words, paces, &over);
  while (live && !over) {
    usleep((unsigned)(1e6 * PetscMin(seconds, 900)));
    fprintf(out, "\033[%dA\033[J", lines);
    lines = print_all(out, words, paces, &over);
  }
  sq_free(&paces);
  return 0;
}

const sq_command sq_watch_command = {.name = "watch",
                                     .place = SQ_PLACE_LAST,
                                     .usage = "RUN_DIR...",
                                     .summary = "progress of runs, a line for every stage; refreshed on a terminal",
                                     .options = SQ_OPTIONS({"--once", NULL, "once, and not again and again"},
                                                           {"--every", "SECONDS", "how often; default 3"}),
                                     .tells = watch};

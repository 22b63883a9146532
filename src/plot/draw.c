/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws a figure: its data and a gnuplot script stay beside the picture, so that it can be drawn anew. */
#define _GNU_SOURCE
#include "src/plot/plot.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static PetscErrorCode write_beside(const sq_canvas *canvas, const char *name, const char *ending, const char *text)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH + 64];
  snprintf(path, sizeof path, "%s/%s.%s", canvas->directory, name, ending);
  PetscCall(sq_write_text(canvas->world, path, text));
  PetscFunctionReturn(0);
}

/* Runs gnuplot with the settings of nobody in the report's directory, its messages in gnuplot.log; choice: a command
 * before those of the script. A shell goes there: posix_spawn can do so itself only from glibc 2.29 on. Its status; not
 * 0 where there is no gnuplot either. Not collective. */
static int run_gnuplot(const char *directory, const char *choice, const char *script)
{
  posix_spawn_file_actions_t actions;
  pid_t child;
  int status = -1;
  char log[SQ_PATH + 64];
  char *words[] = {(char[]){"sh"},
                   (char[]){"-c"},
                   (char[]){"CDPATH= cd -- \"$0\" && exec gnuplot -d -e \"$@\""},
                   (char *)directory,
                   (char *)choice,
                   (char *)script,
                   NULL};
  snprintf(log, sizeof log, "%s/gnuplot.log", directory);
  if (posix_spawn_file_actions_init(&actions)) return -1;
  bool ready = !posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) &&
               !posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0644) &&
               !posix_spawn_file_actions_adddup2(&actions, 1, 2);
  if (ready && !posix_spawn(&child, "/bin/sh", &actions, NULL, words, environ))
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

PetscErrorCode sq_canvas_check(sq_canvas *canvas)
{
  PetscFunctionBeginUser;
  int status = 0;
  if (!canvas->pictures) PetscFunctionReturn(0);
  if (sq_log_speaks()) status = run_gnuplot(canvas->directory, "exit", NULL);
  PetscCallMPI(MPI_Bcast(&status, 1, MPI_INT, 0, canvas->world));
  canvas->pictures = status == 0;
  if (!canvas->pictures)
    sq_warn("report: gnuplot is not there (Debian: gnuplot-nox): figures are left as data (.dat) and scripts (.gp)");
  PetscFunctionReturn(0);
}

/* gnuplot writes where a link of that name leads. Collective. */
static PetscErrorCode remove_picture(const sq_canvas *canvas, const char *name, const char *format)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH + 64];
  snprintf(path, sizeof path, "%s/%s.%s", canvas->directory, name, format);
  PetscCall(sq_file_remove(canvas->world, path));
  PetscFunctionReturn(0);
}

static PetscErrorCode draw_format(const sq_canvas *canvas, const sq_figure *f, const char *format, bool *drawn)
{
  PetscFunctionBeginUser;
  char script[64], choice[64];
  int status = 0;
  snprintf(script, sizeof script, "%s.gp", f->name);
  snprintf(choice, sizeof choice, "format = '%s'", format);
  PetscCall(remove_picture(canvas, f->name, format));
  if (sq_log_speaks()) status = run_gnuplot(canvas->directory, choice, script);
  PetscCallMPI(MPI_Bcast(&status, 1, MPI_INT, 0, canvas->world));
  *drawn = status == 0;
  if (!*drawn)
    sq_warn("report: gnuplot could not draw %s/%s as %s (is it installed? see gnuplot.log there); its data are in "
            "%s.dat",
            canvas->directory, script, format, f->name);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_figure_draw(const sq_canvas *canvas, const sq_figure *f, const char *data, int *drawn)
{
  PetscFunctionBeginUser;
  const char *format;
  sq_text script = {0};
  PetscCall(write_beside(canvas, f->name, "dat", data));
  PetscCall(sq_figure_script(canvas, f, data, &script));
  PetscCall(write_beside(canvas, f->name, "gp", script.text));
  sq_text_clear(&script);
  *drawn = 0;
  for (int i = 0; canvas->pictures && (format = sq_format_name(i)); i++) {
    bool is = false;
    if ((canvas->formats ? canvas->formats : SQ_FORMAT_PNG) & 1 << i) PetscCall(draw_format(canvas, f, format, &is));
    if (is) *drawn |= 1 << i;
  }
  PetscFunctionReturn(0);
}

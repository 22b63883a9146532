/* Draws a figure: its data and a gnuplot script stay beside the picture, so that it can be drawn anew. */
#define _GNU_SOURCE
#include "src/report/report.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* Repeated, for as many curves as there may be (SQ_ENSEMBLES). */
#define COLOURS "'#4878a8', '#8fb3d1', '#d1622b', '#5a9a4f', '#8a5fa8', '#555555'"

static PetscErrorCode write_beside(const sq_canvas *canvas, const char *name, const char *ending, const char *text)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH + 64];
  snprintf(path, sizeof path, "%s/%s.%s", canvas->directory, name, ending);
  PetscCall(sq_write_text(canvas->world, path, text));
  PetscFunctionReturn(0);
}

/* The gnuplot variables blocks and name[], from the lines "# NAME" of the data. */
static PetscErrorCode add_names(const char *data, sq_text *script)
{
  PetscFunctionBeginUser;
  sq_text names = {0};
  int blocks = 0;
  for (const char *line = data; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (line[0] == '#')
      PetscCall(sq_text_add(&names, "%s'%.*s'", blocks++ ? ", " : "", (int)strcspn(line + 2, "\n'"), line + 2));
  PetscCall(sq_text_add(script, "blocks = %d\n", blocks));
  /* One more than there are: gnuplot asks for the name of the first of a loop even where the loop is empty. */
  if (blocks) PetscCall(sq_text_add(script, "array name[%d] = [%s, '']\n", blocks + 1, names.text));
  sq_text_clear(&names);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_script(const sq_canvas *canvas, const sq_figure *f, const char *data)
{
  PetscFunctionBeginUser;
  sq_text script = {0};
  PetscCall(sq_text_add(&script,
                        "# %s. Draw it with: gnuplot %s.gp\n"
                        "set terminal pngcairo size %d,%d font 'sans,11'\nset output '%s.png'\ndata = '%s.dat'\n"
                        "array colour[24] = [" COLOURS ", " COLOURS ", " COLOURS ", " COLOURS "]\n"
                        "set style data lines\nset border lc rgb '#555555'\nset grid lc rgb '#dddddd'\nset key "
                        "noenhanced\n",
                        f->title, f->name, f->width, f->height, f->name, f->name));
  PetscCall(add_names(data, &script));
  PetscCall(sq_text_add(&script, "%s", f->script));
  PetscCall(write_beside(canvas, f->name, "gp", script.text));
  sq_text_clear(&script);
  PetscFunctionReturn(0);
}

/* Runs gnuplot in the report's directory, its messages in gnuplot.log. A shell goes there: posix_spawn can do so itself
 * only from glibc 2.29 on. Not collective. */
static int run_gnuplot(const char *directory, const char *script)
{
  posix_spawn_file_actions_t actions;
  pid_t child;
  int status = -1;
  char log[SQ_PATH + 64];
  char *words[] = {(char[]){"sh"},    (char[]){"-c"}, (char[]){"CDPATH= cd -- \"$0\" && exec gnuplot -d \"$1\""},
                   (char *)directory, (char *)script, NULL}; /* -d: without the user's settings */
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

/* gnuplot writes where a link of that name leads. Collective. */
static PetscErrorCode remove_picture(const sq_canvas *canvas, const char *name)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH + 64];
  snprintf(path, sizeof path, "%s/%s.png", canvas->directory, name);
  PetscCall(sq_file_remove(canvas->world, path));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_figure_draw(const sq_canvas *canvas, const sq_figure *f, const char *data, bool *drawn)
{
  PetscFunctionBeginUser;
  char script[64];
  int status = 0;
  PetscCall(write_beside(canvas, f->name, "dat", data));
  PetscCall(write_script(canvas, f, data));
  *drawn = canvas->pictures;
  if (!*drawn) PetscFunctionReturn(0);
  snprintf(script, sizeof script, "%s.gp", f->name);
  PetscCall(remove_picture(canvas, f->name));
  if (sq_log_speaks()) status = run_gnuplot(canvas->directory, script);
  PetscCallMPI(MPI_Bcast(&status, 1, MPI_INT, 0, canvas->world));
  *drawn = status == 0;
  if (!*drawn)
    sq_warn("report: gnuplot could not draw %s/%s (is it installed? see gnuplot.log there); its data are in %s.dat",
            canvas->directory, script, f->name);
  PetscFunctionReturn(0);
}

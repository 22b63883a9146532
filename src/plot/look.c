/* SPDX-License-Identifier: BSD-3-Clause */
/* How figures look: what every script begins with, whatever it draws.
 *
 * A script draws in any format and style: `gnuplot -e "format = 'pdf'; style = 'paper'" NAME.gp`. Colours are those of
 * Okabe and Ito, which people of any colour vision tell apart; every one has a marker of its own.
 */
#include "src/plot/plot.h"
#include <math.h>
#include <string.h>

/* Terminals by format: on the page, in pixels; on paper, by width and height in centimetres times `unit`. */
static const struct {
  const char *name, *web, *paper;
  double unit;
} formats[] = {{"png", "pngcairo size %.0f,%.0f font 'sans,11'",
                "pngcairo size %.0f,%.0f font 'Times,8' fontscale 3.1 linewidth 2.2 pointscale 2.2", 300 / 2.54},
               {"pdf", "pdfcairo size %.0f*0.75/72,%.0f*0.75/72 font 'sans,8.25' fontscale 1",
                "pdfcairo size %.2fcm,%.2fcm font 'Times,8' fontscale 1 linewidth 0.8", 1},
               {"svg", "svg size %.0f,%.0f font 'sans,14' background '#ffffff'",
                "svg size %.0f,%.0f font 'Times,10.5' linewidth 0.8 background '#ffffff'", 96 / 2.54}};

static const char *const styles[] = {[SQ_STYLE_WEB] = "web", [SQ_STYLE_PAPER] = "paper"};

const char *sq_format_name(int index)
{
  return index >= 0 && index < (int)(sizeof formats / sizeof *formats) ? formats[index].name : NULL;
}

const char *sq_style_name(int index)
{
  return index >= 0 && index < (int)(sizeof styles / sizeof *styles) ? styles[index] : NULL;
}

/* ---- names of blocks ---- */

/* In a string of gnuplot; enhanced: '_' and '^' that begin no {...} stand for themselves. */
static PetscErrorCode add_string(sq_text *out, const char *text, size_t length, bool enhanced)
{
  PetscFunctionBeginUser;
  PetscCall(sq_text_add(out, "'"));
  for (const char *c = text; c < text + length; c++) {
    if (enhanced && (*c == '_' || *c == '^') && c[1] != '{') PetscCall(sq_text_add(out, "\\"));
    PetscCall(sq_text_add(out, "%c", *c));
  }
  PetscCall(sq_text_add(out, "'"));
  PetscFunctionReturn(0);
}

/* The gnuplot variables blocks, name[] and label[], from the lines "# NAME" of the data; longest: of these. */
static PetscErrorCode add_names(const char *data, sq_text *script, int *count, int *longest)
{
  PetscFunctionBeginUser;
  sq_text names = {0}, labels = {0};
  int blocks = 0;
  *longest = 0;
  for (const char *line = data; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (line[0] == '#') {
      const size_t length = strcspn(line + 2, "\n'");
      PetscCall(add_string(&names, line + 2, length, false));
      PetscCall(add_string(&labels, line + 2, length, true));
      PetscCall(sq_text_add(&names, ", "));
      PetscCall(sq_text_add(&labels, ", "));
      *longest = PetscMax(*longest, (int)length);
      blocks++;
    }
  *count = blocks;
  PetscCall(sq_text_add(script, "blocks = %d\n", blocks));
  /* One more than there are: gnuplot asks for the name of the first of a loop even where the loop is empty. */
  PetscCall(sq_text_add(script, "array name[%d] = [%s'']\narray label[%d] = [%s'']\n", blocks + 1,
                        blocks ? names.text : "", blocks + 1, blocks ? labels.text : ""));
  sq_text_clear(&names);
  sq_text_clear(&labels);
  PetscFunctionReturn(0);
}

/* ---- the script ---- */

/* hue(i): the line type of block i, 1, 2, ..., the same for an ensemble in all figures. step(low, high): between tics,
 * for some six of them: gnuplot's own choice does not see how wide the numbers are. beside(i, n): where of n curves
 * number i is drawn, as a share of the width, so that none covers another. down(n), across(n): a layout of n panels. */
static const char look[] = "paper = style eq 'paper'\nset encoding utf8\n"
                           "PALETTE = '#0072B2 #56B4E9 #D55E00 #009E73 #CC79A7 #E69F00 #333333'\n"
                           "array colour[28]\ndo for [i=1:28] { colour[i] = word(PALETTE, (i-1)%7+1) }\n"
                           "array marker[7] = [7, 6, 5, 9, 13, 11, 4]\n"
                           "do for [i=1:7] { set linetype i lc rgb colour[i] pt marker[i] lw (paper ? 1.0 : 1.2) ps "
                           "(paper ? 0.35 : 0.6) }\n"
                           "set linetype cycle 7\n"
                           "of(s) = s[1:8] eq 'training' ? 1 : s[1:7] eq 'testing' || s[1:8] eq 'held-out' ? 2 : "
                           "s[1:9] eq 'generated' ? 3 : "
                           "s[1:9] eq 'corrected' || s[1:10] eq 'reweighted' ? 4 : s[1:3] eq 'ode' ? 5 : s eq "
                           "'langevin' ? 6 : s[1:7] eq 'weights' ? 5 : 0\n"
                           "array spare[7] = [6, 7, 5, 1, 2, 3, 4]\n"
                           "hue(i) = of(name[i]) ? of(name[i]) : spare[(i-1)%7+1]\n"
                           "beside(i, n) = 0.006*(i - (n + 1)/2.)\n"
                           "tens(x) = x > 0 ? 10**floor(log10(x)) : 1\n"
                           "nice(x) = tens(x)*(x <= tens(x) ? 1 : x <= 2*tens(x) ? 2 : x <= 5*tens(x) ? 5 : 10)\n"
                           "step(low, high) = high > low ? nice((high - low)/6.) : 1\n"
                           "down(n) = paper ? n : 1\nacross(n) = paper ? 1 : n\n"
                           "set style data lines\nset border lc rgb (paper ? '#000000' : '#555555') lw (paper ? 0.6 : "
                           "1)\n"
                           "set tics scale (paper ? 0.6 : 1)\nset errorbars small\nset pointintervalbox 0\nif (!paper) "
                           "set grid lt 1 lw 0.5 lc rgb "
                           "'#dddddd'\n"
                           "set key above horizontal left Left reverse samplen 1.5\n";

static double centimetres(const sq_figure *f)
{
  return f->panels ? 5.6 * f->panels : 8.6 * f->height / f->width;
}

static PetscErrorCode add_terminals(const sq_canvas *canvas, const sq_figure *f, sq_text *script)
{
  PetscFunctionBeginUser;
  int first = 0;
  while (canvas->formats && !(canvas->formats & 1 << first)) first++;
  PetscCall(sq_text_add(script, "if (!exists('format')) format = '%s'\nif (!exists('style')) style = '%s'\n",
                        formats[first].name, styles[canvas->style]));
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    const double unit = formats[i].unit;
    char web[128], paper[128];
    snprintf(web, sizeof web, formats[i].web, (double)f->width, (double)f->height);
    snprintf(paper, sizeof paper, formats[i].paper, 8.6 * unit, centimetres(f) * unit);
    PetscCall(sq_text_add(script,
                          "if (format eq '%s' && style ne 'paper') set terminal %s\n"
                          "if (format eq '%s' && style eq 'paper') set terminal %s\n",
                          formats[i].name, web, formats[i].name, paper));
  }
  PetscCall(sq_text_add(script, "set output '%s.'.format\ndata = '%s.dat'\n", f->name, f->name));
  PetscFunctionReturn(0);
}

/* The key in so many columns that none is cut, with room for its rows above the panels; of figures whose titles are the
 * names of their blocks. On the page gnuplot's columns are as wide as it takes 12 pixels a letter, letters have 7. */
static PetscErrorCode add_key(const sq_figure *f, int blocks, int longest, sq_text *script)
{
  PetscFunctionBeginUser;
  const int room = f->width / PetscMax(f->panels, 1) - 125 - 7 * longest,
            columns[2] = {1 + PetscMax(room, 0) / (12 * PetscMax(longest, 4) - 20), PetscMax(42 / (longest + 6), 1)};
  int margin[2];
  for (int i = 0; i < 2; i++) margin[i] = PetscMin(PetscMax((blocks + columns[i] - 1) / columns[i] + 1, 2), 6);
  PetscCall(sq_text_add(script, "set key maxcols (paper ? %d : %d)\nset tmargin (paper ? %d : %d)\n", columns[1],
                        columns[0], margin[1], margin[0]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_figure_script(const sq_canvas *canvas, const sq_figure *f, const char *data, sq_text *script)
{
  PetscFunctionBeginUser;
  int blocks = 0, longest = 0;
  PetscCall(sq_text_add(script,
                        "# %s. Draw it with: gnuplot %s.gp\n# or, as png, pdf or svg, for the web or for paper: "
                        "gnuplot "
                        "-e \"format = 'pdf'; style = 'paper'\" %s.gp\n",
                        f->title, f->name, f->name));
  PetscCall(add_terminals(canvas, f, script));
  PetscCall(sq_text_add(script, "%s", look));
  PetscCall(add_names(data, script, &blocks, &longest));
  PetscCall(add_key(f, blocks, longest, script));
  PetscCall(sq_text_add(script, "%s", f->script));
  PetscFunctionReturn(0);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the axes of an array stand for: read, guessed, suggested. See the header. */
#include "src/import/axes.h"
#include <string.h>

enum { SUGGESTIONS = 3 };

int sq_axis_of(const sq_axes *axes, int role)
{
  for (int i = 0; i < axes->rank; i++)
    if (axes->role[i] == role) return i;
  return -1;
}

/* The letter of a direction: x, x y, x y z, t x y z. */
static char letter_of(int dim, int direction)
{
  return (dim == SQ_DIM ? "txyz" : "xyz")[direction];
}

void sq_axes_text(const sq_axes *axes, int dim, char text[SQ_ARRAY_TEXT])
{
  static const char *const word[] = {"n", "chain", "c", "s", "1"};
  size_t used = 0;
  text[0] = 0;
  for (int i = 0; i < axes->rank; i++) {
    const int role = axes->role[i];
    const char direction[2] = {role < SQ_DIM ? letter_of(dim, role) : 0, 0};
    used += (size_t)snprintf(text + used, SQ_ARRAY_TEXT - used, "%s%s", i ? " " : "",
                             role < SQ_DIM ? direction : word[role - SQ_DIM]);
  }
}

/* ---- whether axes are those of the fields ---- */

static int64_t sites_of(const sq_wanted_fields *w)
{
  int64_t sites = 1;
  for (int mu = 0; mu < w->dim; mu++) sites *= w->extents[mu];
  return sites;
}

static int64_t extent_of(const sq_array_shape *shape, const sq_axes *axes, int role)
{
  const int axis = sq_axis_of(axes, role);
  return axis < 0 ? 1 : shape->extent[axis];
}

static bool fits(const sq_array_shape *shape, const sq_axes *axes, const sq_wanted_fields *w)
{
  bool right = axes->rank == shape->rank;
  const bool flat = sq_axis_of(axes, SQ_AXIS_SITES) >= 0;
  for (int i = 0; right && i < axes->rank; i++) right = axes->role[i] != SQ_AXIS_ONE || shape->extent[i] == 1;
  for (int mu = 0; right && mu < w->dim; mu++)
    right = flat ? sq_axis_of(axes, mu) < 0 : extent_of(shape, axes, mu) == w->extents[mu];
  if (flat) right = right && extent_of(shape, axes, SQ_AXIS_SITES) == sites_of(w);
  return right && extent_of(shape, axes, SQ_AXIS_COMPONENT) == w->components;
}

/* ---- those that fit ---- */

typedef struct {
  const sq_array_shape *shape;
  const sq_wanted_fields *wanted;
  bool
    usual; /* the first axis is the configuration, directions are in order, numbers of a site before or behind them */
  int count;
  sq_axes now, found[SUGGESTIONS];
} search;

static bool used(const search *s, int axis, int role)
{
  for (int i = 0; i < axis; i++)
    if (s->now.role[i] == role) return true;
  return false;
}

/* Of equal extents the earlier direction comes first: the others say the same. */
static bool in_turn(const search *s, int axis, int mu)
{
  for (int nu = 0; nu < mu; nu++)
    if ((s->usual || s->wanted->extents[nu] == s->wanted->extents[mu]) && s->wanted->extents[nu] > 1 &&
        !used(s, axis, nu))
      return false;
  return true;
}

/* What stands between the directions is no usual place for the numbers of a site. */
static bool usual_place(const search *s, int axis)
{
  int before = 0, all = 0;
  for (int mu = 0; mu < s->wanted->dim; mu++) {
    all += s->wanted->extents[mu] > 1;
    before += s->wanted->extents[mu] > 1 && used(s, axis, mu);
  }
  return !s->usual || before == 0 || before == all;
}

static bool may_be(const search *s, int axis, int role)
{
  const int64_t extent = s->shape->extent[axis];
  const sq_wanted_fields *w = s->wanted;
  if (role == SQ_AXIS_ONE) return extent == 1;
  if (used(s, axis, role)) return false;
  if (role == SQ_AXIS_SAMPLE) return !s->usual || axis == 0;
  if (s->usual && axis == 0) return false;
  if (role == SQ_AXIS_COMPONENT) return w->components > 1 && extent == w->components && usual_place(s, axis);
  if (role == SQ_AXIS_SITES) return w->dim > 1 && extent > 1 && extent == sites_of(w);
  return role < w->dim && extent > 1 && extent == w->extents[role] && in_turn(s, axis, role);
}

static void place(search *s, int axis)
{
  static const int role[] = {SQ_AXIS_SAMPLE, 0, 1, 2, 3, SQ_AXIS_COMPONENT, SQ_AXIS_SITES, SQ_AXIS_ONE};
  if (axis == s->shape->rank) {
    if (!used(s, axis, SQ_AXIS_SAMPLE) || !fits(s->shape, &s->now, s->wanted)) return;
    if (s->count < SUGGESTIONS) s->found[s->count] = s->now;
    s->count++;
    return;
  }
  for (size_t r = 0; r < sizeof role / sizeof *role; r++) {
    if (!may_be(s, axis, role[r])) continue;
    s->now.role[axis] = role[r];
    place(s, axis + 1);
    if (s->count > SUGGESTIONS) return;
  }
}

static void look(search *s)
{
  s->now.rank = s->shape->rank;
  place(s, 0);
}

/* ---- the refusal ---- */

static void say_wanted(const sq_wanted_fields *w, char text[SQ_ARRAY_TEXT])
{
  char sites[SQ_ARRAY_TEXT];
  sq_array_extents_text(w->dim, w->extents, sites);
  if (w->components > 1) snprintf(text, SQ_ARRAY_TEXT, "%.150s sites of %d numbers each", sites, w->components);
  else snprintf(text, SQ_ARRAY_TEXT, "%.150s sites", sites);
}

static PetscErrorCode refuse(const char *where, const char *words, const char *path, const search *s)
{
  PetscFunctionBeginUser;
  char has[SQ_ARRAY_TEXT], wanted[SQ_ARRAY_TEXT],
    advice[4 * SQ_ARRAY_TEXT] = "no order of its axes is one: look at "
                                "lattice.extents and action";
  search any = {.shape = s->shape, .wanted = s->wanted};
  look(&any);
  if (any.count) {
    size_t used = (size_t)snprintf(advice, sizeof advice, "these fit: ensemble.axes: ");
    for (int i = 0; i < PetscMin(any.count, SUGGESTIONS); i++) {
      char one[SQ_ARRAY_TEXT];
      sq_axes_text(&any.found[i], s->wanted->dim, one);
      used += (size_t)snprintf(advice + used, sizeof advice - used, "%s\"%s\"", i ? ", or " : "", one);
    }
  }
  sq_array_describe(s->shape, has);
  say_wanted(s->wanted, wanted);
  SqFail(SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: ensemble.axes: %s: %s has %s, the deck wants configurations (n) of %s; %s",
         where, words[0] ? words : "auto", path, has, wanted, advice);
}

/* ---- words ---- */

/* The next word; false: there is none. */
static bool next_word(const char **at, char word[16])
{
  *at += strspn(*at, " ,[]()\"'");
  const size_t n = strcspn(*at, " ,[]()\"'");
  snprintf(word, 16, "%.*s", (int)PetscMin(n, 15), *at);
  *at += n;
  return n > 0;
}

/* The directions that are named, in the order t x y z, are 0, 1, ... */
static int direction_of(const char *words, char letter)
{
  int direction = 0;
  for (const char *other = "txyz"; *other != letter; other++) direction += strchr(words, *other) != NULL;
  return direction;
}

static PetscErrorCode read_words(const char *where, const char *words, const sq_wanted_fields *w, sq_axes *axes)
{
  PetscFunctionBeginUser;
  char word[16], letters[64] = "";
  const char *at = words;
  while (next_word(&at, word))
    if (strlen(word) == 1 && strchr("txyz", *word) && strlen(letters) < 60) strcat(letters, word);
  axes->rank = 0;
  for (at = words; next_word(&at, word); axes->rank++) {
    int role = -1;
    if (!strcmp(word, "n")) role = SQ_AXIS_SAMPLE;
    else if (!strcmp(word, "chain")) role = SQ_AXIS_CHAIN;
    else if (!strcmp(word, "c")) role = SQ_AXIS_COMPONENT;
    else if (!strcmp(word, "s")) role = SQ_AXIS_SITES;
    else if (!strcmp(word, "1")) role = SQ_AXIS_ONE;
    else if (strlen(word) == 1 && strchr("txyz", *word)) role = direction_of(letters, *word);
    SqCheck(role >= 0, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: ensemble.axes: %s: a word for every axis of the array: n (configuration), chain, c (number of a "
            "site), "
            "x y z t (directions), s (all sites), 1 (an axis of one entry)",
            where, word);
    SqCheck(role >= SQ_DIM || role < w->dim, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "%s: ensemble.axes: %s names more directions than the %d of lattice.extents", where, words, w->dim);
    SqCheck(axes->rank < SQ_ARRAY_RANK && (role == SQ_AXIS_ONE || sq_axis_of(axes, role) < 0), SQ_EVERY_RANK,
            SQ_ERR_INPUT, "%s: ensemble.axes: %s: %s stands there twice, or there are too many axes", where, words,
            word);
    axes->role[axes->rank] = role;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_axes_find(const char *where, const char *words, const char *path, const sq_array_shape *shape,
                            const sq_wanted_fields *wanted, sq_axes *axes)
{
  PetscFunctionBeginUser;
  search usual = {.shape = shape, .wanted = wanted, .usual = true};
  if (words[0] && strcmp(words, "auto")) {
    PetscCall(read_words(where, words, wanted, axes));
    if (!fits(shape, axes, wanted) || sq_axis_of(axes, SQ_AXIS_SAMPLE) < 0)
      PetscCall(refuse(where, words, path, &usual));
    PetscFunctionReturn(0);
  }
  look(&usual);
  if (usual.count != 1) PetscCall(refuse(where, words, path, &usual));
  *axes = usual.found[0];
  PetscFunctionReturn(0);
}

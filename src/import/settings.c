/* SPDX-License-Identifier: BSD-3-Clause */
/* The section ensemble of a deck: which array, and what its configurations are. */
#include "src/import/import.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

const sq_param sq_import_params[] = {
  {"ensemble", "file", SQ_PARAM_STRING, "", 0, 0, NULL, "",
   "array of configurations of another program: npy, npz, HDF5, raw binary; FILE:NAME names a dataset, too",
   .path = true, .later = true},
  {"ensemble", "dataset", SQ_PARAM_STRING, "", 0, 0, NULL, "",
   "path of the HDF5 dataset, or of a group with one dataset for every configuration; member of an npz. Not given: the "
   "only one",
   .later = true},
  {"ensemble", "axes", SQ_PARAM_STRING, "auto", 0, 0, NULL, "",
   "what the axes are, such as n x y: n configuration, chain, c number of a site, t x y z directions, s all sites, "
   "1 an axis of one entry; auto: the configuration, then the lattice",
   .later = true},
  {"ensemble", "format", SQ_PARAM_CHOICE, "auto", 0, 0, "auto", "", "of the file; auto: as it begins",
   .names = sq_array_format_name, .later = true},
  {"ensemble", "shape", SQ_PARAM_INTS, "[]", 1, 9e15, NULL, "", "raw: extents of the array in C order", .later = true},
  {"ensemble", "type", SQ_PARAM_STRING, "", 0, 0, NULL, "", "raw: f8, >f4, int32, ...; > is the highest byte first",
   .later = true},
  {"ensemble", "offset", SQ_PARAM_INT, "0", 0, 9e15, NULL, "bytes", "raw: what stands before the array", .later = true},
  {"ensemble", "scale", SQ_PARAM_REAL, "1", 0, 0, NULL, "", "numbers are multiplied by it: other normalisations",
   .later = true},
  {"ensemble", "shift", SQ_PARAM_REAL, "0", 0, 0, NULL, "", "and then this is added: spins 0, 1 are scale 2, shift -1",
   .later = true},
  {"ensemble", "chains", SQ_PARAM_INT, "1", 1, 1e9, NULL, "", "independent Markov chains of equal length",
   .later = true},
  {"ensemble", "order", SQ_PARAM_CHOICE, "chains", 0, 0, "chains interleaved", "",
   "configurations chain after chain, or of each chain in turn", .later = true},
  {"ensemble", "skip", SQ_PARAM_INT, "0", 0, 9e15, NULL, "configurations",
   "of every chain, left out at its beginning: thermalisation", .later = true},
  {"ensemble", "every", SQ_PARAM_INT, "1", 1, 1e9, NULL, "configurations", "after these, every so many is taken",
   .later = true},
  {"ensemble", "test", SQ_PARAM_INT, "auto", 0, 9e15, NULL, "configurations",
   "the last of the chains, held out for testing; auto: a sixth", .later = true},
  {"ensemble", "checks", SQ_PARAM_CHOICE, "refuse", 0, 0, "refuse warn", "",
   "fields that are not of the action, or that are there twice: refuse them, or warn", .later = true},
  {0}};

static bool is_there(const char *path)
{
  return access(path, F_OK) == 0;
}

/* The colon of FILE:NAME: the first one behind a file that is there, or the first. */
static char *colon_of(char *text)
{
  for (char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
    *colon = 0;
    const bool found = is_there(text);
    *colon = ':';
    if (found) return colon;
  }
  return strchr(text, ':');
}

/* FILE:NAME, where no dataset is given and the whole is no file. */
static void split_name(sq_import_settings *set)
{
  snprintf(set->file, sizeof set->file, "%s", set->source.path);
  char *colon = set->source.name[0] || is_there(set->file) ? NULL : colon_of(set->file);
  if (!colon || colon == set->file || !colon[1]) return;
  *colon = 0;
  set->source.path = set->file;
  set->source.name = colon + 1;
}

PetscErrorCode sq_import_settings_from_deck(const sq_deck *deck, sq_import_settings *set)
{
  PetscFunctionBeginUser;
  const char *const section = "ensemble";
  const int64_t *extent;
  *set = (sq_import_settings){.source = {.path = sq_deck_text(deck, section, "file"),
                                         .name = sq_deck_text(deck, section, "dataset"),
                                         .format = sq_deck_text(deck, section, "format"),
                                         .type = sq_deck_text(deck, section, "type"),
                                         .rank = sq_deck_ints(deck, section, "shape", &extent),
                                         .offset = sq_deck_int(deck, section, "offset")},
                              .axes = sq_deck_text(deck, section, "axes"),
                              .axes_where = sq_deck_where(deck, section, "axes"),
                              .scale = sq_deck_real(deck, section, "scale"),
                              .shift = sq_deck_real(deck, section, "shift"),
                              .chains = (int)sq_deck_int(deck, section, "chains"),
                              .interleaved = !strcmp(sq_deck_text(deck, section, "order"), "interleaved"),
                              .skip = sq_deck_int(deck, section, "skip"),
                              .every = sq_deck_int(deck, section, "every"),
                              .test = sq_deck_int(deck, section, "test"),
                              .lenient = !strcmp(sq_deck_text(deck, section, "checks"), "warn")};
  set->source.extent = extent;
  split_name(set);
  SqCheck(set->source.path[0], SQ_EVERY_RANK, SQ_ERR_INPUT,
          "ensemble.file: which file? ensemble: {file: phi.npy}, or squall import DECK FILE");
  SqCheck(set->scale != 0, SQ_EVERY_RANK, SQ_ERR_INPUT, "%s: ensemble.scale: 0 leaves nothing of the fields",
          sq_deck_where(deck, section, "scale"));
  PetscFunctionReturn(0);
}

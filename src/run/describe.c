/* SPDX-License-Identifier: BSD-3-Clause */
/* What a records file of a run is about. */
#include "src/run/run.h"
#include <string.h>

void sq_describe_records(const sq_run *run, const char *kind, const int64_t extent[SQ_DIM], uint64_t fingerprint,
                         const sq_streams *streams, char *deck, sq_records_info *info)
{
  *info = (sq_records_info){
    .dim = run->dim, .seed = run->seed, .fingerprint = fingerprint, .streams = *streams, .deck = deck};
  snprintf(info->kind, sizeof info->kind, "%s", kind);
  memcpy(info->extent, extent, sizeof info->extent);
  info->components = sq_action_components(&run->action);
  sq_action_describe(&run->action, info->action, sizeof info->action);
}

void sq_describe_group(const char *name, int64_t count, int own, const char *const *names, bool observed,
                       sq_records_info *info)
{
  sq_record_group *group = &info->group[info->groups++];
  snprintf(group->name, sizeof group->name, "%s", name);
  group->count = count;
  group->columns = own;
  for (int i = 0; i < own; i++) snprintf(group->column[i], SQ_IO_NAME, "%s", names[i]);
  if (observed) sq_obs_name_columns(sq_action_described(info->action), own, group);
}

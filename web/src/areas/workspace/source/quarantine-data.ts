import { queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read } from '../../../api/client'

/** What the quarantine of a source keeps back, by cause. */
export const quarantineQuery = (ws: string, source: string) =>
  queryOptions({
    queryKey: ['w', ws, 'sources', source, 'quarantine'],
    queryFn: () =>
      read(
        api.GET('/sources/{sourceId}/quarantine', {
          params: { path: { sourceId: source }, header: inWorkspace(ws) },
        }),
      ),
  })

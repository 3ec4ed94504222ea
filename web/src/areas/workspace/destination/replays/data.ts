import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, inWorkspace, read } from '../../../../api/client'
import { moves, type Replay } from './words'

/** How often is asked for numbers that move, and for those that somebody else may set in motion. */
const MOVING = 1_000
const STILL = 10_000

const key = (ws: string, destination: string) => ['w', ws, 'destinations', destination, 'replays']

/** The replays of a destination, the newest first. */
export const replaysQuery = (ws: string, destination: string) =>
  queryOptions({
    queryKey: key(ws, destination),
    refetchInterval: ({ state }) => (state.data?.some(moves) ? MOVING : STILL),
    queryFn: async () => {
      const params = { path: { destinationId: destination }, header: inWorkspace(ws) }
      return (await read(api.GET('/destinations/{destinationId}/replays', { params }))).replays
    },
  })

/** One replay. */
export const replayQuery = (ws: string, destination: string, replay: string) =>
  queryOptions({
    queryKey: [...key(ws, destination), replay],
    refetchInterval: ({ state }) => (state.data && moves(state.data) ? MOVING : STILL),
    queryFn: async () => {
      const path = { destinationId: destination, replayId: replay }
      const params = { path, header: inWorkspace(ws) }
      return (await read(api.GET('/destinations/{destinationId}/replays/{replayId}', { params }))).replay
    },
  })

/** Tells a replay to start, pause, go on or end. */
export function useOrder(ws: string, { id, destination }: Replay) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (order: 'start' | 'pause' | 'resume' | 'cancel') => {
      const path = { destinationId: destination, replayId: id, order }
      const params = { path, header: inWorkspace(ws) }
      const asked = api.POST('/destinations/{destinationId}/replays/{replayId}/{order}', { params })
      return (await read(asked)).replay
    },
    onSuccess: async (replay) => {
      client.setQueryData([...key(ws, destination), id], replay)
      await client.invalidateQueries({ queryKey: key(ws, destination) })
    },
  })
}

import { useQuery } from '@tanstack/react-query'
import { Link, Navigate, useParams } from '@tanstack/react-router'
import { ApiFailure, api, inWorkspace, read } from '../../api/client'
import { queries, workspacesQuery } from '../../api/queries'
import { Problem, Skeleton } from '../../kit/loaded'
import { Card } from '../../shell/public'

/** What `ask` brings in the first workspace where it is not refused. */
async function inAny<T>(ask: (ws: string) => Promise<T>): Promise<{ ws: string; found: T } | null> {
  for (const { slug } of await queries.ensureQueryData(workspacesQuery)) {
    try {
      return { ws: slug, found: await ask(slug) }
    } catch (error) {
      if (!(error instanceof ApiFailure && [403, 404].includes(error.status))) throw error
    }
  }
  return null
}

/** The link to a destination in a mail, which names no workspace. */
export function MailedDestination() {
  const { destination } = useParams({ strict: false }) as { destination: string }
  const place = useQuery({
    queryKey: ['place', destination],
    queryFn: () =>
      inAny((ws) => {
        const params = { path: { destinationId: destination }, header: inWorkspace(ws) }
        return read(api.GET('/destinations/{destinationId}', { params }))
      }),
  })
  if (place.data) {
    const params = { ws: place.data.ws, destination }
    return <Navigate to="/w/$ws/destinations/$destination/overview" params={params} replace />
  }
  return (
    <Nowhere what="destination" error={place.error} again={() => place.refetch()} pending={place.isPending} />
  )
}

/** The link to a source in a mail. */
export function MailedSource() {
  const { source } = useParams({ strict: false }) as { source: string }
  const place = useQuery({
    queryKey: ['place', source],
    queryFn: () =>
      inAny((ws) => {
        const params = { path: { sourceId: source }, header: inWorkspace(ws) }
        return read(api.GET('/sources/{sourceId}', { params }))
      }),
  })
  if (place.data) {
    const params = { ws: place.data.ws, source: place.data.found.source.slug }
    return <Navigate to="/w/$ws/sources/$source/overview" params={params} replace />
  }
  return <Nowhere what="source" error={place.error} again={() => place.refetch()} pending={place.isPending} />
}

function Nowhere({
  what,
  error,
  again,
  pending,
}: {
  what: string
  error: unknown
  again: () => void
  pending: boolean
}) {
  if (pending) return <Skeleton rows={3} />
  if (error) {
    return (
      <Card title="The link could not be followed">
        <Problem error={error} retry={again} />
      </Card>
    )
  }
  return (
    <Card title={`There is no such ${what} for you`}>
      <p>
        It may have been deleted, or it is in a workspace that you are no member of: ask whoever got the mail.
      </p>
      <p>
        <Link to="/">Go on to your workspace</Link>
      </p>
    </Card>
  )
}

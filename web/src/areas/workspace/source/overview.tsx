import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { api, inWorkspace, read } from '../../../api/client'
import { Copy, Id } from '../../../kit/copy'
import { Loaded } from '../../../kit/loaded'
import { Body, Columns, Muted, Panel, useTitle } from '../../../kit/page'
import { Time } from '../../../kit/time'
import { endpoint, sourceQuery } from '../data'
import { periodOf } from './books'
import { Listening, Received, SecretKey } from './listening'
import { Maker } from './maker'
import { Pipeline } from './pipeline'
import { mayAdminister, type Source } from './source'
import css from './source.module.css'

/** Looked through for the first event: refused requests may stand before it. */
const LOOKED_AT = 50

/** Waiting for the first event, or what came in and became of it. */
export function SourceOverview() {
  const { ws, source: slug } = getRouteApi('/w/$ws/sources/$source/overview').useParams()
  const { period } = getRouteApi('/w/$ws/sources/$source/overview').useSearch()
  const about = useQuery(sourceQuery(ws, slug))
  useTitle('Overview', slug, ws)
  return (
    <Body>
      <Loaded query={about}>
        {({ source }) => (
          <Columns side={<Side source={source} />}>
            <Now ws={ws} source={source} period={period} key={source.id} />
          </Columns>
        )}
      </Loaded>
    </Body>
  )
}

function Now({ ws, source, period }: { ws: string; source: Source; period: string | undefined }) {
  const waited = useRef(false)
  const messages = useQuery({
    queryKey: ['w', ws, 'sources', source.slug, 'first'],
    // Until something came in; afterwards the books tell.
    refetchInterval: ({ state }) => (state.data?.some(came) ? false : 2_000),
    queryFn: async () =>
      (
        await read(
          api.GET('/sources/{sourceId}/messages', {
            params: {
              path: { sourceId: source.slug },
              query: { limit: LOOKED_AT },
              header: inWorkspace(ws),
            },
          }),
        )
      ).messages,
  })
  return (
    <Loaded query={messages}>
      {(rows) => {
        const arrived = rows.filter(came)
        if (arrived.length === 0 && !source.lastDataAt) {
          waited.current = true
          return <Listening ws={ws} source={source} refused={rows} />
        }
        return (
          <>
            {waited.current && arrived.length > 0 && (
              <Received ws={ws} source={source} first={arrived.at(-1)!} many={arrived.length} />
            )}
            <Pipeline ws={ws} source={source.slug} period={periodOf(period)} />
          </>
        )
      }}
    </Loaded>
  )
}

/** Whether a row of the debugger is a message that came in, and not a request that could not be read. */
const came = ({ verdict }: { verdict: string }) => verdict !== 'refused'

/** What one needs to send to this source, and who made it. */
function Side({ source }: { source: Source }) {
  const { metadata } = source
  const [key, ...others] = source.writeKeys
  return (
    <Panel>
      <dl className={css.ids}>
        <div>
          <dt>Write key</dt>
          <dd>
            {key ? <SecretKey value={key} /> : <Muted>Only for a Source Admin of this source.</Muted>}
            {others.length > 0 && <Muted>and {others.length} more</Muted>}
          </dd>
        </div>
        <div>
          <dt>Workspace ID</dt>
          <dd>
            <Id value={source.workspaceId} what="workspace ID" whole />
          </dd>
        </div>
        <div>
          <dt>Source ID</dt>
          <dd>
            <Id value={source.id} what="source ID" whole />
          </dd>
        </div>
        <div>
          <dt>Endpoint</dt>
          <dd>
            <code>{endpoint()}</code>
            <Copy text={endpoint()} what="endpoint" />
          </dd>
        </div>
        <div>
          <dt>Built by</dt>
          <dd>
            <Maker source={source} />
          </dd>
        </div>
        <div>
          <dt>Last data</dt>
          <dd>
            <Time at={source.lastDataAt} />
          </dd>
        </div>
        {metadata.status !== 'PRIVATE_BUILDING' && metadata.status !== 'PRIVATE_SUBMITTED' && (
          <div>
            <dt>Catalog</dt>
            <dd>
              <Link to="/catalog/$slug" params={{ slug: metadata.slug }}>
                {metadata.name}
              </Link>
            </dd>
          </div>
        )}
        {mayAdminister(source) && source.labels.length > 0 && (
          <div>
            <dt>Labels</dt>
            <dd>{source.labels.map(({ key: name, value }) => `${name}:${value}`).join(', ')}</dd>
          </div>
        )}
      </dl>
    </Panel>
  )
}

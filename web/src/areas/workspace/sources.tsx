import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, inWorkspace, read } from '../../api/client'
import { Badge, BetaBadge } from '../../kit/badge'
import { LinkButton } from '../../kit/button'
import { Pick, Search } from '../../kit/fields'
import { compact, count, plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Logo } from '../../kit/logo'
import { Body, Empty, Muted, Note, PageHead, Toolbar, useTitle } from '../../kit/page'
import { Pulse } from '../../kit/pulse'
import { Name, Table } from '../../kit/table'
import { Time, useNow } from '../../kit/time'
import { destinationsQuery, labelsQuery, sourcesQuery, volumeQuery } from './data'
import { isPrivate, kindOf, PrivateBadge, type Source, stateOf } from './source/source'
import css from './sources.module.css'

const STATES = ['live', 'silent', 'disabled'] as const

/** A text that can only be a write key: it is looked up, and kept out of the address. */
const isWriteKey = (text: string) => /^[A-Za-z0-9]{32}$/.test(text)

/** Every source of the workspace. */
export function Sources() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const { q = '', state, label } = getRouteApi('/w/$ws/sources').useSearch()
  const navigate = useNavigate({ from: '/w/$ws/sources' })
  const list = useQuery({ ...sourcesQuery(ws), refetchInterval: 10_000 })
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const labels = useQuery(labelsQuery(ws)).data ?? []
  const volumes = useQuery(volumeQuery(ws)).data
  const now = useNow()
  const [text, setText] = useState(q)
  useTitle('Sources', ws)
  // Back and forward change the address under the field.
  useEffect(() => setText((typed) => (isWriteKey(typed) ? typed : q)), [q])

  const search = (next: string) => {
    setText(next)
    const words = next.trim()
    void navigate({
      search: (before) => ({ ...before, q: !words || isWriteKey(words) ? undefined : next }),
      replace: true,
    })
  }
  const found = (sources: Source[]) => {
    const words = q.trim().toLowerCase()
    return sources.filter((source) => {
      if (words && !source.name.toLowerCase().includes(words) && !source.slug.includes(words)) return false
      if (label && !source.labels.some(({ key, value }) => `${key}:${value}` === label)) return false
      if (!state) return true
      const its = stateOf(source, now)
      return its === state || (state === 'silent' && its === 'new')
    })
  }
  return (
    <>
      <PageHead title="Sources" sub="Where your events come from.">
        <LinkButton look="primary" to="/w/$ws/catalog" params={{ ws }}>
          Add source
        </LinkButton>
      </PageHead>
      <Body>
        <Loaded query={list}>
          {({ sources, total }) =>
            sources.length === 0 ? (
              <Empty title="No sources yet">
                <p>
                  A source is one place that sends events: a website, an app, a server, or a product from the
                  catalog. Add one, copy its write key, and watch the first event arrive.
                </p>
                <LinkButton to="/w/$ws/catalog" params={{ ws }}>
                  Add a source
                </LinkButton>
              </Empty>
            ) : (
              <>
                <Toolbar>
                  <Search
                    label="Search sources by name, slug or write key"
                    placeholder="Name, slug or write key"
                    value={text}
                    onChange={search}
                  />
                  <nav className={css.chips} aria-label="State">
                    {[undefined, ...STATES].map((each) => (
                      <Link
                        key={each ?? 'all'}
                        from="/w/$ws/sources"
                        to="/w/$ws/sources"
                        search={(before) => ({ ...before, state: each })}
                        replace
                        className={css.chip}
                        aria-current={state === each ? 'true' : undefined}
                        activeOptions={{ exact: true }}
                      >
                        {each ?? 'all'}
                      </Link>
                    ))}
                  </nav>
                  {labels.length > 0 && (
                    <Pick
                      aria-label="Label"
                      value={label ?? ''}
                      onChange={(event) =>
                        void navigate({
                          search: (before) => ({ ...before, label: event.target.value || undefined }),
                          replace: true,
                        })
                      }
                    >
                      <option value="">Any label</option>
                      {labels.map(({ key, value }) => (
                        <option key={`${key}:${value}`}>{`${key}:${value}`}</option>
                      ))}
                    </Pick>
                  )}
                </Toolbar>
                <ByWriteKey ws={ws} text={text.trim()} />
                {total > sources.length && (
                  <Note>
                    These are the first {count(sources.length)} of {plural(total, 'source')}.
                  </Note>
                )}
                {found(sources).length === 0 ? (
                  <Empty title="No source fits">
                    <p>None of your {plural(sources.length, 'source')} has this name, state and label.</p>
                    <LinkButton to="/w/$ws/sources" params={{ ws }} search={{}} onClick={() => setText('')}>
                      Show all
                    </LinkButton>
                  </Empty>
                ) : (
                  <Table
                    label="Sources"
                    rows={found(sources)}
                    id={(source) => source.id}
                    columns={[
                      {
                        head: 'source',
                        cell: (source) => <SourceName ws={ws} source={source} />,
                      },
                      { head: 'kind', cell: (source) => <Muted>{kindOf(source)}</Muted> },
                      { head: 'state', cell: (source) => <State source={source} /> },
                      {
                        head: 'last 60 min',
                        cell: (source) => <LastHour volume={volumes?.get(source.id)} />,
                      },
                      {
                        head: 'labels',
                        cell: (source) => (
                          <span className={css.labels}>
                            {source.labels.map(({ key, value }) => (
                              <Badge key={key}>{`${key}:${value}`}</Badge>
                            ))}
                            {source.labels.length === 0 && <Muted>none</Muted>}
                          </span>
                        ),
                      },
                      {
                        head: 'destinations',
                        number: true,
                        cell: (source) =>
                          count(destinations.filter(({ sourceId }) => sourceId === source.id).length),
                      },
                    ]}
                  />
                )}
              </>
            )
          }
        </Loaded>
      </Body>
    </>
  )
}

/** The mark and name of a source, leading to it. */
export function SourceName({ ws, source }: { ws: string; source: Source }) {
  return (
    <span className={css.source}>
      <Logo name={source.name} src={source.metadata.logos.mark ?? source.metadata.logos.default} size={28} />
      <Name below={source.slug}>
        <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source.slug }}>
          {source.name}
        </Link>{' '}
        {isPrivate(source) ? <PrivateBadge /> : <BetaBadge status={source.metadata.status} />}
      </Name>
    </span>
  )
}

/** What a source does now. */
export function State({ source }: { source: Source }) {
  const now = useNow()
  switch (stateOf(source, now)) {
    case 'disabled':
      return (
        <Badge tone="warn" glyph="‖">
          disabled
        </Badge>
      )
    case 'new':
      return (
        <Badge tone="accent" glyph="◌">
          no data yet
        </Badge>
      )
    case 'silent':
      return (
        <span className={css.state}>
          <Badge glyph="○">silent</Badge>{' '}
          <Muted>
            last data <Time at={source.lastDataAt} />
          </Muted>
        </span>
      )
    case 'live':
      return (
        <span className={css.state}>
          <Badge tone="ok" glyph="●">
            live
          </Badge>{' '}
          <Muted>
            <Time at={source.lastDataAt} />
          </Muted>
        </span>
      )
  }
}

/** What came in the last hour, a bar for each minute. */
function LastHour({ volume }: { volume: { total: number; counts: number[] } | undefined }) {
  if (!volume) return null
  return (
    <span className={css.volume}>
      <Pulse
        counts={volume.counts}
        label={`${plural(volume.total, 'message')} accepted in the last 60 minutes`}
        width={180}
      />
      <Muted>{compact(volume.total)}</Muted>
    </span>
  )
}

/** A pasted write key finds its source: a whole one goes there, a part of one shows the way. */
function ByWriteKey({ ws, text }: { ws: string; text: string }) {
  const navigate = useNavigate()
  const sources =
    useQuery({
      queryKey: ['w', ws, 'sources', 'by-key', text],
      enabled: /^[A-Za-z0-9]{6,}$/.test(text),
      queryFn: async () =>
        (await read(api.GET('/sources', { params: { query: { writeKey: text }, header: inWorkspace(ws) } })))
          .sources,
    }).data ?? []
  const whole = sources.find(({ writeKeys }) => writeKeys.includes(text))
  useEffect(() => {
    if (whole) void navigate({ to: '/w/$ws/sources/$source/overview', params: { ws, source: whole.slug } })
  }, [whole, ws, navigate])
  if (sources.length === 0) {
    return isWriteKey(text) ? (
      <Note tone="warn">No source whose write keys you may see has this key.</Note>
    ) : null
  }
  return (
    <Note>
      <span>
        A write key of{' '}
        {sources.map((source, at) => (
          <span key={source.id}>
            {at > 0 && ', '}
            <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source.slug }}>
              {source.name}
            </Link>
          </span>
        ))}{' '}
        begins like this.
      </span>
    </Note>
  )
}

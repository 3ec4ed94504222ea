import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Badge } from '../../../kit/badge'
import { Copy, Id } from '../../../kit/copy'
import { count } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, Panel, Section, useTitle } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { checklistQuery, integrationQuery } from '../data'
import { PlaceButton } from '../place-link'
import css from '../portal.module.css'
import { breaches, eventKey, propertiesOf } from './arrivals'
import { Checklist } from './checklist'
import { GLYPHS } from './choices'
import { useArrivals, useInstalls } from './installs'

/** Test workspaces and what arrives in them. */
export function TestSource() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Test', slug)
  const { integration } = useQuery(integrationQuery(slug)).data!
  const { installs } = useInstalls(slug)
  const arrived = useArrivals(slug, installs.data)
  const checklist = useQuery({ ...checklistQuery(slug), refetchInterval: 5_000 }).data
  const items = checklist?.items.filter(({ key }) => key === 'installed' || key === 'testEvents') ?? []
  const declared = integration.info.events ?? []
  return (
    <Body>
      <Section
        title="Test workspaces"
        sub="Paste the write key into your product, do what a customer would do, and watch the debugger."
      >
        <Loaded query={installs}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty title="It is not in a workspace yet">
                <p>Add it to one of yours; its write key then lets your product send to it.</p>
                <PlaceButton slug={slug} place={{ tab: 'settings' }}>
                  Add to workspace
                </PlaceButton>
              </Empty>
            ) : (
              <Table
                label="Test workspaces"
                rows={rows}
                id={({ source }) => source.id}
                columns={[
                  {
                    head: 'workspace',
                    cell: ({ workspace, source }) => <Name below={source.slug}>{workspace.name}</Name>,
                  },
                  {
                    head: 'workspace ID',
                    cell: ({ workspace }) => <Id value={workspace.id} what="workspace ID" />,
                  },
                  {
                    head: 'write key',
                    cell: ({ source }) =>
                      source.writeKeys[0] ? (
                        <span className={css.nowrap}>
                          <code>
                            {source.writeKeys[0].slice(0, 4)}
                            <span aria-hidden>••••</span>
                          </code>{' '}
                          <Copy text={source.writeKeys[0]} what="write key" />
                        </span>
                      ) : (
                        <Muted>ask an admin of the workspace</Muted>
                      ),
                  },
                  { head: 'last event', cell: ({ source }) => <Time at={source.lastDataAt} /> },
                  {
                    head: '',
                    cell: ({ workspace, source }) => (
                      <Link
                        to="/w/$ws/sources/$source/debugger"
                        params={{ ws: workspace.slug, source: source.slug }}
                      >
                        Open debugger
                      </Link>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Section>
      {items.length > 0 && (
        <Section title="On the checklist">
          <Checklist slug={slug} items={items} />
        </Section>
      )}
      <Section
        title="Declared events"
        sub="Whether each was seen among the newest messages, and whether it keeps the contract with sources."
      >
        {declared.length === 0 ? (
          <p>
            <Muted>None is declared yet.</Muted>{' '}
            <PlaceButton slug={slug} place={{ tab: 'events' }}>
              Declare events
            </PlaceButton>
          </p>
        ) : (
          <Table
            label="Declared events"
            rows={declared.map((event) => ({
              event,
              seen: arrived?.find((each) => eventKey(each) === eventKey(event)),
            }))}
            id={({ event }) => eventKey(event)}
            columns={[
              {
                head: 'event',
                cell: ({ event }) => (
                  <span className={css.event}>
                    <span aria-hidden style={{ color: `var(--${event.kind})` }}>
                      {GLYPHS[event.kind]}
                    </span>
                    <Name below={event.name && event.kind}>{event.name || event.kind}</Name>
                  </span>
                ),
              },
              {
                head: 'arrived',
                cell: ({ seen }) =>
                  seen ? (
                    <Badge tone="ok" glyph="✓">
                      seen
                    </Badge>
                  ) : (
                    <Badge tone="warn" glyph="○">
                      not seen
                    </Badge>
                  ),
              },
              { head: 'messages', number: true, cell: ({ seen }) => (seen ? count(seen.count) : '') },
              {
                head: 'newest',
                cell: ({ event, seen }) =>
                  seen && (
                    <span>
                      <Time at={seen.lastAt} />{' '}
                      <Link
                        to="/w/$ws/sources/$source/debugger"
                        params={{ ws: seen.install.workspace.slug, source: seen.install.source.slug }}
                      >
                        Look at it<span hidden> ({event.name || event.kind})</span>
                      </Link>
                    </span>
                  ),
              },
              {
                head: 'to mend',
                cell: ({ event, seen }) => {
                  if (!seen) return null
                  const names = new Set(propertiesOf(event.kind, seen.samples).map(({ name }) => name))
                  const absent = (event.properties ?? []).filter(
                    ({ name, required }) => required && !names.has(name),
                  )
                  const all = [
                    ...breaches(slug, seen.samples),
                    ...absent.map(({ name }) => `the required property ${name} is absent`),
                  ]
                  return all.length === 0 ? (
                    <span>
                      <span className={css.free}>✓</span> nothing
                    </span>
                  ) : (
                    <ul>
                      {all.map((words) => (
                        <li key={words}>
                          <Badge tone="warn" glyph="!">
                            mend
                          </Badge>{' '}
                          {words}
                        </li>
                      ))}
                    </ul>
                  )
                },
              },
            ]}
          />
        )}
      </Section>
      <Section title="What every call has to carry">
        <Panel>
          <ul className={css.bullets}>
            <li>
              the customer's write key: as the user name of Basic authentication, or as <code>writeKey</code>{' '}
              in the body
            </li>
            <li>
              as <code>userId</code>, the id that you received from the customer, never your own
            </li>
            <li>
              <code>{`"context": {"integration": {"name": "${slug}", "version": "1.0.0"}}`}</code>
            </li>
          </ul>
        </Panel>
      </Section>
    </Body>
  )
}

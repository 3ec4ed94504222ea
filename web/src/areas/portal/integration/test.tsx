import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Copy, Id } from '../../../kit/copy'
import { Confirm } from '../../../kit/dialog'
import { Loaded } from '../../../kit/loaded'
import { Body, Columns, Empty, Muted, Pairs, Panel, Section, useTitle } from '../../../kit/page'
import { Spoken } from '../../../kit/spoken'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import type { Sample } from '../../proof/found'
import { Events, Rules, Score, Walkthrough } from '../../proof/report'
import { checksQuery, type Install, integrationKey } from '../data'
import { PlaceButton } from '../place-link'
import css from '../portal.module.css'
import { useInstalls } from './installs'

/** What the checks find in what the product really sent, as it sends it. */
export function TestSource() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Test', slug)
  const { installs } = useInstalls(slug)
  const checks = useQuery(checksQuery(slug))
  return (
    <Body>
      <Columns
        side={
          <>
            <Section title="Test workspaces">
              <Loaded query={installs} rows={2}>
                {(rows) =>
                  rows.length === 0 ? (
                    <p>
                      <Muted>It is in none of your workspaces.</Muted>
                    </p>
                  ) : (
                    rows.map((install) => <TestWorkspace key={install.source.id} install={install} />)
                  )
                }
              </Loaded>
            </Section>
            <Section title="What every call has to carry">
              <Panel>
                <ul className={css.bullets}>
                  <li>
                    the customer's write key: as the user name of Basic authentication, or as{' '}
                    <code>writeKey</code> in the body
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
          </>
        }
      >
        {installs.data?.length === 0 ? (
          <Empty title="It is not in a workspace yet">
            <p>Add it to one of yours; its write key then lets your product send to it.</p>
            <PlaceButton slug={slug} place={{ tab: 'settings' }}>
              Add to workspace
            </PlaceButton>
          </Empty>
        ) : (
          <Loaded query={checks} rows={8}>
            {(found) => <Checks slug={slug} checks={found} />}
          </Loaded>
        )}
      </Columns>
    </Body>
  )
}

function Checks({ slug, checks }: { slug: string; checks: Shapes['ChecksView'] }) {
  const { report, sources, since } = checks
  const to = (sample: Sample) => {
    const source = sources.find(({ id }) => id === sample.source)
    return source ? (
      <Link
        to="/w/$ws/sources/$source/debugger"
        params={{ ws: source.workspace, source: source.slug }}
        search={{ at: sample.position }}
      >
        Open<Spoken> {sample.title} in the debugger</Spoken>
      </Link>
    ) : null
  }
  return (
    <>
      <Score report={report}>
        <StartOver slug={slug} />
      </Score>
      {since && (
        <p>
          <Muted>
            Counted is what came since <Time at={since} />.
          </Muted>
        </p>
      )}
      {report.walkthrough.length > 0 && <Walkthrough live steps={report.walkthrough} to={to} />}
      <Rules rules={report.rules} to={to} />
      <Events
        events={report.events}
        to={to}
        none={
          <p>
            <Muted>None is declared yet.</Muted>{' '}
            <PlaceButton slug={slug} place={{ tab: 'events' }}>
              Declare events
            </PlaceButton>
          </p>
        }
      />
      <p>
        <Muted>
          On the command line, with the same result: <code>headwater integration check {slug}</code>
        </Muted>
      </p>
    </>
  )
}

/** Lets messages of before a mistake was mended count no more. */
function StartOver({ slug }: { slug: string }) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button onClick={() => setAsking(true)}>Start over…</Button>
      <Confirm
        title="Start the checks over?"
        open={asking}
        onClose={() => setAsking(false)}
        action="Start over"
        run={async () => {
          const params = { path: { integrationId: slug } }
          await read(api.POST('/integrations/{integrationId}/checks/restart', { params }))
          await client.invalidateQueries({ queryKey: integrationKey(slug) })
          toast('Only what comes from now on counts')
        }}
      >
        <p>
          For after a mistake was mended: what came until now does not count any more. It stays in the
          debugger.
        </p>
      </Confirm>
    </>
  )
}

function TestWorkspace({ install: { workspace, source } }: { install: Install }) {
  const [key] = source.writeKeys
  return (
    <Panel>
      <p className={css.inline}>
        <strong>{workspace.name}</strong>
        <Link to="/w/$ws/sources/$source/debugger" params={{ ws: workspace.slug, source: source.slug }}>
          Open debugger<Spoken> of {source.name}</Spoken>
        </Link>
      </p>
      <Pairs
        of={[
          ['Workspace ID', <Id key="workspace" value={workspace.id} what="workspace ID" />],
          [
            'Write key',
            key ? (
              <span key="key" className={css.nowrap}>
                <code>
                  {key.slice(0, 4)}
                  <span aria-hidden>••••</span>
                </code>{' '}
                <Copy text={key} what="write key" />
              </span>
            ) : (
              <Muted key="key">ask an admin of the workspace</Muted>
            ),
          ],
          ['Last event', <Time key="last" at={source.lastDataAt} />],
        ]}
      />
    </Panel>
  )
}

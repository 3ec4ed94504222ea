import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Confirm } from '../../../kit/dialog'
import { count, plural } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Note, Section, useTitle } from '../../../kit/page'
import { Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { SOURCE_ADMINS_ONLY, sourceQuery } from '../data'
import { wordsOf } from '../destination/reasons'
import { quarantineQuery } from './quarantine-data'
import { SeenTabs } from './seen-tabs'
import { mayAdminister } from './source'

/** What waits in quarantine, why, and letting it out. */
export function SourceQuarantine() {
  const { ws, source } = getRouteApi('/w/$ws/sources/$source/schema/quarantine').useParams()
  const client = useQueryClient()
  const about = useQuery(sourceQuery(ws, source)).data
  const waiting = useQuery({ ...quarantineQuery(ws, source), refetchInterval: 10_000 })
  const [asking, setAsking] = useState(false)
  const [released, setReleased] = useState<Shapes['ReleasedView'] | null>(null)
  useTitle('Quarantine', source, ws)
  const may = !about || mayAdminister(about.source)
  return (
    <Body>
      <SeenTabs ws={ws} source={source} />
      {released && <Released released={released} ws={ws} source={source} />}
      <Loaded query={waiting}>
        {({ messages, causes }) =>
          messages === 0 ? (
            <Empty title="Nothing waits in quarantine">
              <p>
                What the tracking plan blocks is kept here, where the schema configuration says quarantine: it
                goes nowhere, and can be let out once the plan or the sender is mended.
              </p>
            </Empty>
          ) : (
            <Section
              title={`${plural(messages, 'message waits', 'messages wait')}`}
              sub="The log keeps what waits as long as everything else."
              actions={
                <Button
                  look="primary"
                  disabled={!may}
                  title={may ? undefined : SOURCE_ADMINS_ONLY}
                  onClick={() => setAsking(true)}
                >
                  Release
                </Button>
              }
            >
              <Table
                label="Causes"
                rows={causes}
                id={({ code, pointer, position }) => `${code} ${pointer} ${position}`}
                columns={[
                  {
                    head: 'cause',
                    cell: ({ code, detail }) => detail || wordsOf('filtered_at_source', code).what,
                  },
                  { head: 'code', cell: ({ code }) => <code>{code}</code> },
                  { head: 'where', cell: ({ pointer }) => pointer && <code>{pointer}</code> },
                  { head: 'messages', number: true, cell: ({ messages }) => count(messages) },
                  { head: 'oldest', cell: ({ firstReceivedAt }) => <Time at={firstReceivedAt} /> },
                  { head: 'newest', cell: ({ lastReceivedAt }) => <Time at={lastReceivedAt} /> },
                  {
                    head: '',
                    number: true,
                    cell: ({ position }) => (
                      <Link
                        to="/w/$ws/sources/$source/debugger"
                        params={{ ws, source }}
                        search={{ at: position }}
                      >
                        Show one
                      </Link>
                    ),
                  },
                ]}
              />
            </Section>
          )
        }
      </Loaded>
      <Confirm
        title={`Release ${plural(waiting.data?.messages ?? 0, 'message')}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Release"
        run={async () => {
          setReleased(
            await read(
              api.POST('/sources/{sourceId}/quarantine/release', {
                params: { path: { sourceId: source }, header: inWorkspace(ws) },
              }),
            ),
          )
          await client.invalidateQueries({ queryKey: ['w', ws, 'sources', source] })
        }}
      >
        <p>
          Everything that waits is judged by the plan as it is now, in the order in which it came. What
          conforms is accepted and goes to the destinations that the source has now, with its own id and
          times. What does not waits on.
        </p>
      </Confirm>
    </Body>
  )
}

function Released({
  released: { accepted, duplicates, kept, discarded },
  ws,
  source,
}: {
  released: Shapes['ReleasedView']
  ws: string
  source: string
}) {
  const parts = [
    accepted > 0 &&
      `${plural(accepted, 'message was', 'messages were')} accepted and ${accepted === 1 ? 'goes' : 'go'} to the destinations`,
    kept > 0 &&
      `${count(kept)} still ${kept === 1 ? 'breaks' : 'break'} the plan and ${kept === 1 ? 'waits' : 'wait'} on`,
    duplicates > 0 &&
      `${count(duplicates)} came again meanwhile and ${duplicates === 1 ? 'was' : 'were'} not sent twice`,
    discarded > 0 &&
      `${count(discarded)} ${discarded === 1 ? 'was' : 'were'} discarded, as the source is set now`,
  ].filter(Boolean)
  return (
    <Note tone={kept + discarded > 0 ? 'warn' : 'ok'}>
      <span role="status">
        {parts.length > 0 ? `${parts.join('; ')}.` : 'Nothing waited any more.'}{' '}
        {accepted > 0 && (
          <Link to="/w/$ws/sources/$source/debugger" params={{ ws, source }}>
            See them in the Debugger
          </Link>
        )}
      </span>
    </Note>
  )
}

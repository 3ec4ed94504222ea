import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { Button } from '../../kit/button'
import { Confirm } from '../../kit/dialog'
import { plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Body, Muted, PageHead, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import { browserOf } from './user-agent'

type Session = Shapes['SessionView']

/** Every browser that is signed in. */
export function Sessions() {
  useTitle('Sessions')
  const client = useQueryClient()
  const [ending, setEnding] = useState<Session>()
  const [endingOthers, setEndingOthers] = useState(false)
  const list = useQuery({
    queryKey: ['account', 'sessions'],
    queryFn: async () => (await read(api.GET('/sessions'))).sessions,
  })
  const refresh = () => client.invalidateQueries({ queryKey: ['account', 'sessions'] })
  const others = (list.data ?? []).filter((session) => !session.current).length
  return (
    <>
      <PageHead title="Sessions" sub="Browsers in which you are signed in. End what you do not know.">
        <Button
          disabled={others === 0}
          title={others === 0 ? 'There is no other session' : undefined}
          onClick={() => setEndingOthers(true)}
        >
          End all others…
        </Button>
      </PageHead>
      <Body>
        <Loaded query={list}>
          {(sessions) => (
            <Table
              label="Sessions"
              rows={sessions}
              id={(session) => session.id}
              columns={[
                {
                  head: 'browser',
                  cell: ({ userAgent, address }) => (
                    <Name below={address}>
                      <span title={userAgent}>{browserOf(userAgent)}</span>
                    </Name>
                  ),
                },
                { head: 'signed in', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { head: 'last used', cell: ({ seenAt }) => <Time at={seenAt} /> },
                { head: 'ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
                {
                  head: '',
                  cell: (session) =>
                    session.current ? (
                      <Badge tone="accent" glyph="●">
                        This one
                      </Badge>
                    ) : (
                      <Button small onClick={() => setEnding(session)}>
                        End…
                      </Button>
                    ),
                },
              ]}
            />
          )}
        </Loaded>
        <p>
          <Muted>
            A session ends after twelve hours without a request, and after seven days in any case.
          </Muted>
        </p>
      </Body>
      <Confirm
        title="End this session?"
        open={!!ending}
        onClose={() => setEnding(undefined)}
        action="End session"
        run={async () => {
          if (!ending) return
          await read(api.DELETE('/sessions/{sessionId}', { params: { path: { sessionId: ending.id } } }))
          await refresh()
          toast('The session has ended')
        }}
      >
        <p>
          {ending && browserOf(ending.userAgent)} at {ending?.address} has to sign in again with its next
          request.
        </p>
      </Confirm>
      <Confirm
        title="End all other sessions?"
        open={endingOthers}
        onClose={() => setEndingOthers(false)}
        action="End them"
        run={async () => {
          await read(api.DELETE('/sessions'))
          await refresh()
          toast('Your other sessions have ended')
        }}
      >
        <p>{plural(others, 'browser')} will have to sign in again. You stay signed in here.</p>
      </Confirm>
    </>
  )
}

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, inWorkspace, read } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Confirm } from '../../../../kit/dialog'
import { Actions } from '../../../../kit/fields'
import { plural } from '../../../../kit/figures'
import { Section } from '../../../../kit/page'
import { toast } from '../../../../kit/toast'
import { destinationsQuery, SOURCE_ADMINS_ONLY } from '../../data'
import { mayAdminister, type Source } from '../source'
import css from '../source.module.css'

/** Its end. */
export function DeleteSource({ ws, source }: { ws: string; source: Source }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const may = mayAdminister(source)
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const connected = destinations.filter(({ sourceId }) => sourceId === source.id)
  return (
    <Section title="Delete this source">
      <p>
        Its write keys stop working
        {connected.length > 0 &&
          `, ${plural(connected.length, 'destination goes', 'destinations go')} with it`}
        , and its data can no longer be looked at. To stop it for a while, disable it instead.
      </p>
      <Actions>
        <Button
          look="danger"
          disabled={!may}
          title={may ? undefined : SOURCE_ADMINS_ONLY}
          onClick={() => setAsking(true)}
        >
          Delete source
        </Button>
      </Actions>
      <Confirm
        title={`Delete ${source.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete source"
        typed={source.slug}
        run={async () => {
          await read(
            api.DELETE('/sources/{sourceId}', {
              params: {
                path: { sourceId: source.slug },
                query: { confirm: source.slug },
                header: inWorkspace(ws),
              },
            }),
          )
          await navigate({ to: '/w/$ws/sources', params: { ws } })
          client.removeQueries({ queryKey: ['w', ws, 'sources', source.slug] })
          await client.invalidateQueries({ queryKey: ['w', ws] })
          toast(`${source.name} is deleted`)
        }}
      >
        <p>What stops at once, for good:</p>
        <ul className={css.stops}>
          <li>
            {plural(source.writeKeys.length, 'write key')}: what is still sent with{' '}
            {source.writeKeys.length === 1 ? 'it' : 'them'} goes nowhere
          </li>
          {connected.map(({ id, name }) => (
            <li key={id}>
              destination <strong>{name}</strong>, with what is still pending for it
            </li>
          ))}
        </ul>
      </Confirm>
    </Section>
  )
}

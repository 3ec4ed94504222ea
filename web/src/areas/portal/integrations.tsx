import { useQuery } from '@tanstack/react-query'
import { api, read } from '../../api/client'
import { LifeBadge, Stamp } from '../../kit/badge'
import { Loaded } from '../../kit/loaded'
import { Body, PageHead, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'

/** Every integration of the partner team, with its status. */
export function Integrations() {
  useTitle('Integrations')
  const list = useQuery({
    queryKey: ['integrations'],
    queryFn: async () => (await read(api.GET('/integrations'))).integrations,
  })
  return (
    <>
      <PageHead title="Integrations" sub="Sources your company builds for the catalog." />
      <Body>
        <Loaded query={list}>
          {(rows) => (
            <Table
              label="Integrations"
              rows={rows}
              id={(row) => row.id}
              columns={[
                { head: 'integration', cell: (row) => <Name below={row.slug}>{row.name}</Name> },
                {
                  head: 'life-cycle',
                  cell: (row) => (
                    <span>
                      <LifeBadge status={row.status} betaEndsAt={row.betaEndsAt} />
                      <Stamp status={row.status} />
                    </span>
                  ),
                },
                { head: 'updated', cell: (row) => <Time at={row.updatedAt} /> },
              ]}
            />
          )}
        </Loaded>
      </Body>
    </>
  )
}

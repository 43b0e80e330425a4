import { fixture, testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const url = 'https://www.northwind.example/'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields buckets, apps, onion services and files',
      given: url,
      recorded: { [url]: { body: fixture(import.meta.dirname, 'home.html') } },
      expect: [
        '-mentions-> cloud-bucket:s3:northwind-pictures',
        '-mentions-> cloud-bucket:azure:northwindmedia/public',
        '-mentions-> cloud-bucket:gcs:northwind-old',
        '-mentions-> mobile-app:android:example.northwind.driver',
        '-mentions-> mobile-app:android:example.northwind.storefront',
        '-mentions-> mobile-app:ios:1480012345',
        '-mentions-> onion-service:pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion',
        '-links_to-> file:https://www.northwind.example/files/report%202025.PDF {"extension":"pdf","kind":"document"}',
        '-links_to-> file:https://www.northwind.example/backup.tar.gz {"extension":"gz","kind":"archive"}',
      ],
    },
    {
      name: 'reads scripts as they are',
      given: url,
      recorded: {
        [url]: {
          headers: { 'content-type': 'text/javascript' },
          body: 'fetch("https://northwind-exports.fra1.digitaloceanspaces.com/a.csv")',
        },
      },
      expect: ['-mentions-> cloud-bucket:spaces:fra1/northwind-exports'],
    },
    { name: 'finds nothing where nothing is recorded', given: url, expect: [] },
  ],
})

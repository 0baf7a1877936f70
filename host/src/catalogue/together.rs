//! Several writes in one transaction: a commit costs more than what most of them write.

use super::{Catalogue, CatalogueError};

impl Catalogue {
    /// Carries out writes in one transaction. Each is whole or leaves nothing, whatever becomes of the others.
    ///
    /// # Errors
    /// It cannot be committed: nothing of any of them was stored.
    pub(crate) fn together<W>(
        &mut self,
        writes: impl ExactSizeIterator<Item = W>,
        mut carry_out: impl FnMut(&mut Self, W),
    ) -> Result<(), CatalogueError> {
        // One alone is a transaction by itself; so is each where none can be begun, and says why.
        let shared = writes.len() > 1 && self.connection.execute_batch("BEGIN IMMEDIATE").is_ok();
        for write in writes {
            carry_out(self, write);
        }
        if shared && let Err(error) = self.connection.execute_batch("COMMIT") {
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
            return Err(error.into());
        }
        Ok(())
    }
}

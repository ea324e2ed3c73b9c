-- Which form of packs a peer gets: what the operator wants, and what the peer said of itself.
--
-- `packed` is NULL until it was asked.

ALTER TABLE peers ADD COLUMN xml_only INTEGER NOT NULL DEFAULT 0 CHECK (xml_only IN (0, 1));
ALTER TABLE peers ADD COLUMN packed INTEGER CHECK (packed IN (0, 1));

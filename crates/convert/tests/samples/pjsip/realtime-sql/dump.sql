-- A dump of MySQL, shortened
/*!40101 SET NAMES utf8 */;
DROP TABLE IF EXISTS `ps_endpoints`;
CREATE TABLE `ps_endpoints` (
  `id` varchar(40) NOT NULL DEFAULT '',
  `context` varchar(40) DEFAULT NULL,
  `callerid` varchar(40) DEFAULT NULL,
  `call_group` varchar(40) DEFAULT NULL,
  `pickup_group` varchar(40) DEFAULT NULL,
  `named_call_group` varchar(40) DEFAULT NULL,
  `named_pickup_group` varchar(40) DEFAULT NULL,
  UNIQUE KEY `id` (`id`),
  KEY `ps_endpoints_id` (`id`)
) ENGINE=InnoDB;
LOCK TABLES `ps_endpoints` WRITE;
INSERT INTO `ps_endpoints` VALUES ('alice','internal','\"Alice O\'Neill\" <100>','1','1,2',NULL,NULL),
('bob','internal','<101>','1-2',NULL,NULL,''),
('carol',NULL,NULL,NULL,NULL,NULL,NULL);
UNLOCK TABLES;
INSERT INTO ps_endpoints (id, pickup_group) VALUES ('dave', 2);
